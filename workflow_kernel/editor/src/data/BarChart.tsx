/** Bars with an axis. Its numbers are told to screen readers as a list of titles. */
import { short, ticks } from "./chart";

export interface Bar {
  readonly label: string;
  readonly hint: string;
  readonly value: number;
}

interface BarChartProps {
  readonly title: string;
  /** In pixels. */
  readonly width: number;
  readonly bars: readonly Bar[];
  /** Bins of a spread stand close together. */
  readonly isTight?: boolean;
}

const HEIGHT = 280;
const LEFT = 46;
const BOTTOM = 40;
const TOP = 10;

export function BarChart({ title, width, bars, isTight = false }: BarChartProps) {
  const marks = ticks(Math.min(0, ...bars.map((bar) => bar.value)), Math.max(0, ...bars.map((bar) => bar.value)));
  const least = marks[0] ?? 0;
  const most = marks.at(-1) ?? 1;
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - least) / (most - least || 1));
  const step = (width - LEFT - 8) / Math.max(bars.length, 1);
  const gap = isTight ? 1 : Math.min(step * 0.25, 12);
  const every = Math.ceil(bars.length / Math.floor((width - LEFT) / 64));
  return (
    <svg className="wf-chart-picture" viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={title}>
      {marks.map((mark) => (
        <g key={mark}>
          <line className="wf-chart-line" x1={LEFT} x2={width} y1={y(mark)} y2={y(mark)} />
          <text className="wf-chart-text" x={LEFT - 6} y={y(mark) + 4} textAnchor="end">{short(mark)}</text>
        </g>
      ))}
      {bars.map((bar, index) => {
        const x = LEFT + 4 + index * step;
        return (
          <g key={`${index} ${bar.label}`}>
            <rect className="wf-chart-bar" x={x + gap / 2} width={Math.max(step - gap, 1)} y={Math.min(y(bar.value), y(0))} height={Math.max(Math.abs(y(bar.value) - y(0)), bar.value === 0 ? 0 : 1)} rx={Math.min(3, step / 6)}>
              <title>{bar.hint}</title>
            </rect>
            {index % every === 0 && <text className="wf-chart-text" x={isTight ? x : x + step / 2} y={HEIGHT - BOTTOM + 18} textAnchor="middle">{bar.label.length > 12 ? `${bar.label.slice(0, 11)}…` : bar.label}</text>}
          </g>
        );
      })}
    </svg>
  );
}
