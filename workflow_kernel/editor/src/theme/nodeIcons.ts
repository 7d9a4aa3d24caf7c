/**
 * The lucide icons node types may name: those of the built-in ones and what connectors are likely to use. Only these are
 * in the build; a name that is not here gets the icon of its family.
 */
import {
  Activity, AlarmClock, Anchor, Antenna, Archive, ArrowDownAZ, ArrowDownWideNarrow, ArrowLeftRight, ArrowRight,
  ArrowRightLeft, ArrowUpDown, ArrowUpNarrowWide, AtSign, Atom, BadgeCheck, Banknote, Barcode, Bell,
  BetweenHorizontalStart, Binary, Blocks, Bluetooth, Book, BookOpen, Bookmark, Bot, Box, Boxes, Braces, Brain,
  BrainCircuit, Bug, Building, Cable, Calculator, Calendar, CalendarCheck, CalendarClock, CalendarDays, Camera,
  ChartArea, ChartBar, ChartColumn, ChartLine, ChartPie, ChartScatter, Circle, CircleCheck, CircleDot, CircleHelp,
  CirclePause, CirclePlay, CircleStop, CircleX, Clipboard, ClipboardList, Clock, Cloud, CloudCog, CloudDownload,
  CloudSun, CloudUpload, Code, CodeXml, Cog, Columns3, Combine, Compass, Component as ComponentIcon, Contact,
  Container, Copy, CopyMinus, Cpu, CreditCard, Crosshair, Database, DatabaseZap, Diamond, Diff, Dna, DoorOpen,
  Download, Earth, Equal, ExternalLink, Eye, FastForward, File as FileIcon, FileArchive, FileCode2, FileDown,
  FileInput, FileJson, FileOutput, FilePlus, FileQuestion, FileSearch, FileSpreadsheet, FileText, FileUp, Files,
  Filter, Fingerprint, Flag, FlaskConical, Folder, FolderInput, FolderOpen, FolderOutput, FolderSync, FormInput,
  FunctionSquare, Gauge, GitBranch, GitCommitHorizontal, GitCompare, GitFork, GitMerge, GitPullRequest, Globe,
  Grid3x3, Group, Hammer, HardDrive, Hash, Heart, Hexagon, History, Hourglass, House, Image as ImageIcon, Images,
  Inbox, Infinity as InfinityIcon, Info, Key, KeyRound, KeySquare, Languages, Layers, Library, Lightbulb,
  Link as LinkIcon, Link2, List, ListChecks, ListEnd, ListFilter, ListOrdered, ListPlus, ListTree, Lock as LockIcon,
  LogIn, Mail, MailOpen, Mails, Map as MapIcon, MapPin, Megaphone, MemoryStick, Merge, MessageCircle, MessageSquare,
  Mic, Microscope, MousePointerClick, Music, Navigation as NavigationIcon, Network, Newspaper, Notebook, NotebookPen,
  OctagonX, Package, Paintbrush, Palette, Pause, PencilLine, Percent, Phone as PhoneIcon, Pin, Play, Plug, Podcast,
  Printer, Puzzle, QrCode, Quote, Rabbit, Radio as RadioIcon, Receipt, Recycle, Redo2, RefreshCcw, RefreshCw, Regex,
  Repeat, Rewind, Rocket, RotateCcw, RotateCw, Route, Rows3, Rss, Satellite, Save, Scan, ScanText, Scissors, Search,
  Send, Server, ServerCog, Settings, Settings2, Share2, Sheet, Shield, ShieldCheck, Ship, ShoppingCart, Shuffle,
  Sigma, Signal, SlidersHorizontal, Smartphone, Sparkles, SpellCheck, Split, Square, SquareFunction, Star,
  StepForward, Store, Sun, Table, Table2, TableProperties, Tag, Tags, Target, Terminal, TestTube, TextQuote,
  Thermometer, ThumbsUp, Ticket, Timer, TimerReset, Trash2, TrendingUp, Triangle, TriangleAlert, Truck,
  Type as TypeIcon, Undo2, Ungroup, Unlink, Unlock, Unplug, Upload, User, UserCheck, UserPlus, UserRoundCheck, Users,
  Variable, Video as VideoIcon, Wallet, WandSparkles, Waypoints, Webhook, WholeWord, Wifi, Workflow, Wrench, Zap,
  ZoomIn,
} from "lucide";
import type { IconNode } from "lucide";
import type { NodeTypeInfo } from "../model/types";

const ICONS: Readonly<Record<string, IconNode>> = {
  terminal: Terminal, "square-function": SquareFunction, braces: Braces, code: Code, group: Group,
  "git-compare": GitCompare, "key-round": KeyRound, "calendar-clock": CalendarClock, "flask-conical": FlaskConical,
  bookmark: Bookmark, filter: Filter, "code-xml": CodeXml, "key-square": KeySquare, "list-end": ListEnd,
  "file-text": FileText, "database-zap": DatabaseZap, "copy-minus": CopyMinus, "whole-word": WholeWord,
  "pencil-line": PencilLine, "arrow-down-a-z": ArrowDownAZ, split: Split, sigma: Sigma, "timer-reset": TimerReset,
  "table-properties": TableProperties, "file-code-2": FileCode2, database: Database, "file-archive": FileArchive,
  "file-input": FileInput, "file-output": FileOutput, "folder-open": FolderOpen, save: Save, workflow: Workflow,
  repeat: Repeat, "mouse-pointer-click": MousePointerClick, merge: Merge, "arrow-right": ArrowRight,
  "circle-help": CircleHelp, "octagon-x": OctagonX, route: Route, clock: Clock, "log-in": LogIn, mail: Mail,
  globe: Globe, rss: Rss, zap: Zap, calendar: Calendar, webhook: Webhook, "form-input": FormInput,
  "message-square": MessageSquare, "message-circle": MessageCircle, send: Send, bell: Bell, phone: PhoneIcon,
  smartphone: Smartphone, bot: Bot, brain: Brain, "brain-circuit": BrainCircuit, sparkles: Sparkles,
  "wand-sparkles": WandSparkles, cpu: Cpu, mic: Mic, image: ImageIcon, images: Images, video: VideoIcon,
  music: Music, file: FileIcon, "file-json": FileJson, "file-spreadsheet": FileSpreadsheet,
  "file-search": FileSearch, "file-plus": FilePlus, "file-up": FileUp, "file-down": FileDown, files: Files,
  folder: Folder, "folder-input": FolderInput, "folder-output": FolderOutput, "folder-sync": FolderSync,
  "hard-drive": HardDrive, cloud: Cloud, "cloud-upload": CloudUpload, "cloud-download": CloudDownload,
  "cloud-cog": CloudCog, server: Server, "server-cog": ServerCog, network: Network, rabbit: Rabbit,
  notebook: Notebook, "notebook-pen": NotebookPen, book: Book, "book-open": BookOpen, library: Library, table: Table,
  "table-2": Table2, "chart-line": ChartLine, "chart-bar": ChartBar, "chart-pie": ChartPie,
  "chart-scatter": ChartScatter, "chart-area": ChartArea, "chart-column": ChartColumn, gauge: Gauge,
  activity: Activity, "trending-up": TrendingUp, hash: Hash, binary: Binary, regex: Regex, type: TypeIcon,
  "text-quote": TextQuote, quote: Quote, languages: Languages, "spell-check": SpellCheck, user: User, users: Users,
  "user-plus": UserPlus, "user-check": UserCheck, contact: Contact, building: Building,
  "shopping-cart": ShoppingCart, "credit-card": CreditCard, banknote: Banknote, receipt: Receipt, wallet: Wallet,
  tag: Tag, tags: Tags, ticket: Ticket, package: Package, truck: Truck, store: Store, search: Search,
  "zoom-in": ZoomIn, scan: Scan, "scan-text": ScanText, eye: Eye, link: LinkIcon, "link-2": Link2, unlink: Unlink,
  plug: Plug, cable: Cable, radio: RadioIcon, satellite: Satellite, antenna: Antenna, wifi: Wifi,
  bluetooth: Bluetooth, lock: LockIcon, unlock: Unlock, shield: Shield, "shield-check": ShieldCheck, key: Key,
  fingerprint: Fingerprint, settings: Settings, "settings-2": Settings2, "sliders-horizontal": SlidersHorizontal,
  wrench: Wrench, hammer: Hammer, cog: Cog, puzzle: Puzzle, box: Box, boxes: Boxes, layers: Layers,
  component: ComponentIcon, blocks: Blocks, play: Play, pause: Pause, "circle-play": CirclePlay,
  "circle-stop": CircleStop, "step-forward": StepForward, "fast-forward": FastForward, rewind: Rewind,
  "refresh-cw": RefreshCw, "refresh-ccw": RefreshCcw, "rotate-cw": RotateCw, "rotate-ccw": RotateCcw,
  "undo-2": Undo2, "redo-2": Redo2, shuffle: Shuffle, hourglass: Hourglass, timer: Timer, "alarm-clock": AlarmClock,
  history: History, "calendar-days": CalendarDays, "calendar-check": CalendarCheck, "git-branch": GitBranch,
  "git-merge": GitMerge, "git-fork": GitFork, "git-pull-request": GitPullRequest,
  "git-commit-horizontal": GitCommitHorizontal, list: List, "list-ordered": ListOrdered, "list-checks": ListChecks,
  "list-filter": ListFilter, "list-tree": ListTree, "list-plus": ListPlus, "rows-3": Rows3, "columns-3": Columns3,
  "grid-3x3": Grid3x3, inbox: Inbox, archive: Archive, "trash-2": Trash2, recycle: Recycle, copy: Copy,
  clipboard: Clipboard, "clipboard-list": ClipboardList, scissors: Scissors, map: MapIcon, "map-pin": MapPin,
  navigation: NavigationIcon, compass: Compass, earth: Earth, sun: Sun, "cloud-sun": CloudSun,
  thermometer: Thermometer, "circle-check": CircleCheck, "circle-x": CircleX, "triangle-alert": TriangleAlert,
  info: Info, "badge-check": BadgeCheck, flag: Flag, star: Star, heart: Heart, "thumbs-up": ThumbsUp,
  "arrow-left-right": ArrowLeftRight, "arrow-up-down": ArrowUpDown, "arrow-up-narrow-wide": ArrowUpNarrowWide,
  "arrow-down-wide-narrow": ArrowDownWideNarrow, "arrow-right-left": ArrowRightLeft,
  "between-horizontal-start": BetweenHorizontalStart, combine: Combine, ungroup: Ungroup, diff: Diff, equal: Equal,
  percent: Percent, calculator: Calculator, "function-square": FunctionSquare, variable: Variable,
  infinity: InfinityIcon, newspaper: Newspaper, podcast: Podcast, megaphone: Megaphone, "at-sign": AtSign,
  mails: Mails, "mail-open": MailOpen, printer: Printer, "qr-code": QrCode, barcode: Barcode, camera: Camera,
  palette: Palette, paintbrush: Paintbrush, container: Container, ship: Ship, anchor: Anchor, rocket: Rocket,
  bug: Bug, "test-tube": TestTube, microscope: Microscope, atom: Atom, dna: Dna, circle: Circle, square: Square,
  triangle: Triangle, hexagon: Hexagon, diamond: Diamond, "circle-dot": CircleDot, target: Target,
  crosshair: Crosshair, lightbulb: Lightbulb, pin: Pin, "door-open": DoorOpen, "user-round-check": UserRoundCheck,
  "file-question": FileQuestion, "circle-pause": CirclePause, sheet: Sheet, "memory-stick": MemoryStick,
  signal: Signal, unplug: Unplug, waypoints: Waypoints, "share-2": Share2, house: House, download: Download,
  upload: Upload, "external-link": ExternalLink,
};

const FAMILIES: Readonly<Record<string, IconNode>> = {
  flow: Route, data: Table, web: Globe, files: FolderOpen, code: Code, database: Database, notify: Send, notebook: Notebook,
  ai: Sparkles, trigger: Zap,
};

export function iconOf(info: NodeTypeInfo | undefined): IconNode {
  if (info === undefined) return CircleHelp;
  return ICONS[info.icon] ?? FAMILIES[info.family] ?? Box;
}

export function iconNamed(name: string): IconNode | undefined {
  return ICONS[name];
}

export function familyIcon(family: string): IconNode {
  return FAMILIES[family] ?? Box;
}

const KNOWN = new Set(["flow", "data", "web", "files", "code", "database", "notify", "notebook", "ai"]);

/** The CSS variable of a family's colour. */
export function familyColor(info: NodeTypeInfo | undefined): string {
  if (info === undefined) return "var(--wf-family-other)";
  if (info.is_trigger) return "var(--wf-family-trigger)";
  return familyVariable(info.family);
}

export function familyVariable(family: string): string {
  return `var(--wf-family-${KNOWN.has(family) ? family : "other"})`;
}
