// Runs before anything is drawn, so that no page flashes in the wrong theme.
{
  const chosen = document.documentElement.dataset.chosen;
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = chosen === "auto" ? (isDark ? "dark" : "light") : chosen;
}
