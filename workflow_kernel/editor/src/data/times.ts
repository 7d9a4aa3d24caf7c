/** Times and durations as people read them. Times are seconds since the epoch. */

export function clock(at: number): string {
  return new Date(at * 1000).toLocaleTimeString("en-GB", { hour12: false });
}

export function when(at: number, now = Date.now() / 1000): string {
  const date = new Date(at * 1000);
  const isToday = date.toDateString() === new Date(now * 1000).toDateString();
  return isToday ? clock(at) : date.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

export function duration(seconds: number | null): string {
  if (seconds === null) return "";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
