/** Values in their order, as a line. */
import { short, ticks } from "./chart";

interface LineChartProps {
  readonly title: string;
  /** In pixels. */
  readonly width: number;
  readonly points: readonly { readonly index: number; readonly value: number }[];
  /** How many values the points stand for. */
  readonly count: number;
}

const HEIGHT = 280;
const LEFT = 46;
const BOTTOM = 30;
const TOP = 10;

export function LineChart({ title, width, points, count }: LineChartProps) {
  const values = points.map((point) => point.value);
  const marks = ticks(Math.min(...values), Math.max(...values));
  const least = marks[0] ?? 0;
  const most = marks.at(-1) ?? 1;
  const x = (index: number) => LEFT + 6 + ((width - LEFT - 16) * index) / Math.max(count - 1, 1);
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (most === least ? 0.5 : (value - least) / (most - least)));
  const line = points.map((point, position) => `${position === 0 ? "M" : "L"}${x(point.index).toFixed(1)} ${y(point.value).toFixed(1)}`).join("");
  const places = ticks(0, count - 1, 6).filter((mark) => Number.isInteger(mark) && mark < count);
  const first = points[0];
  const last = points.at(-1);
  return (
    <svg className="wf-chart-picture" viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={title}>
      {marks.map((mark) => (
        <g key={mark}>
          <line className="wf-chart-line" x1={LEFT} x2={width} y1={y(mark)} y2={y(mark)} />
          <text className="wf-chart-text" x={LEFT - 6} y={y(mark) + 4} textAnchor="end">{short(mark)}</text>
        </g>
      ))}
      {places.map((mark) => <text key={mark} className="wf-chart-text" x={x(mark)} y={HEIGHT - BOTTOM + 18} textAnchor="middle">{short(mark + 1)}</text>)}
      {first !== undefined && last !== undefined && points.length > 1 && <path className="wf-chart-area" d={`${line}L${x(last.index)} ${HEIGHT - BOTTOM}L${x(first.index)} ${HEIGHT - BOTTOM}Z`} />}
      <path className="wf-chart-curve" d={line} />
      {points.length <= 60 && points.map((point) => <circle key={point.index} className="wf-chart-dot" cx={x(point.index)} cy={y(point.value)} r={3}><title>{`item ${point.index + 1}: ${short(point.value)}`}</title></circle>)}
    </svg>
  );
}
