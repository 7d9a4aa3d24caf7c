/** Live events over one websocket, which is opened with the first listener, and again after it broke. */
import type { Unsubscribe } from "../model/observable";
import type { Json } from "../model/types";

export interface ChannelListener {
  /** What happened, in order. */
  readonly onEvent: (data: Json) => void;
  /** Some of it cannot be told any more: the state must be read anew. */
  readonly onLost: () => void;
  /** The channel is refused, or may be heard no more. */
  readonly onRefused?: (reason: string) => void;
}

interface Channel {
  readonly listeners: Set<ChannelListener>;
  after: string;
}

interface Told {
  readonly type: string;
  readonly channel?: string;
  readonly id?: string;
  readonly data?: Json;
  readonly after?: string;
  readonly detail?: string;
}

const FIRST_PAUSE = 500;
const MOST_PAUSE = 15_000;
/** After a last listener the connection stays for a moment: the next one often comes at once. */
const LINGER = 20_000;

/** Where events come from. */
export interface Live {
  /** Hear a channel, from what came after `after` on. */
  listen(channel: string, listener: ChannelListener, after?: string): Unsubscribe;
}

export class LiveConnection implements Live {
  private readonly channels = new Map<string, Channel>();
  private socket: WebSocket | null = null;
  private isReady = false;
  private pause = FIRST_PAUSE;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly url: () => string) {}

  /** Listen to a channel; `after` is an event's id, "0" for all that is kept, "" for what comes from now on. */
  listen(name: string, listener: ChannelListener, after = ""): Unsubscribe {
    let channel = this.channels.get(name);
    const isNew = channel === undefined;
    channel ??= { listeners: new Set(), after };
    channel.listeners.add(listener);
    this.channels.set(name, channel);
    this.connect();
    if (isNew && this.isReady) this.subscribe(name, channel);
    return () => { this.leave(name, listener); };
  }

  close(): void {
    clearTimeout(this.timer);
    this.channels.clear();
    this.socket?.close();
    this.socket = null;
  }

  private leave(name: string, listener: ChannelListener): void {
    const channel = this.channels.get(name);
    channel?.listeners.delete(listener);
    if (channel === undefined || channel.listeners.size > 0) return;
    this.channels.delete(name);
    if (this.isReady) this.say({ type: "unsubscribe", channel: name });
    if (this.channels.size === 0) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => { if (this.channels.size === 0) this.close(); }, LINGER);
    }
  }

  private connect(): void {
    if (this.socket !== null) return;
    clearTimeout(this.timer);
    const socket = new WebSocket(this.url());
    this.socket = socket;
    socket.onmessage = (message) => { this.take(JSON.parse(String(message.data)) as Told); };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.isReady = false;
      if (this.channels.size === 0) return;
      this.timer = setTimeout(() => { this.connect(); }, this.pause);
      this.pause = Math.min(this.pause * 2, MOST_PAUSE);
    };
  }

  private take(told: Told): void {
    if (told.type === "ready") {
      this.isReady = true;
      this.pause = FIRST_PAUSE;
      for (const [name, channel] of this.channels) this.subscribe(name, channel);
      return;
    }
    const channel = told.channel === undefined ? undefined : this.channels.get(told.channel);
    if (channel === undefined) return;
    if (told.type === "subscribed" && channel.after === "") channel.after = told.after ?? "";
    if (told.type === "event") channel.after = told.id ?? channel.after;
    for (const listener of [...channel.listeners]) {
      if (told.type === "event") listener.onEvent(told.data ?? null);
      if (told.type === "lost") listener.onLost();
      if (told.type === "error") listener.onRefused?.(told.detail ?? "");
    }
  }

  private subscribe(channel: string, { after }: Channel): void {
    this.say({ type: "subscribe", channel, ...(after === "" ? {} : { after }) });
  }

  private say(message: Readonly<Record<string, string>>): void {
    this.socket?.send(JSON.stringify(message));
  }
}
