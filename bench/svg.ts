/** Bar charts as SVG that is readable on light and on dark pages. */

export interface Bar {
  label: string;
  /** Parts of one bar, one after the other. */
  parts: { name: string; value: number }[];
  /** Least and most over the rounds. */
  from?: number;
  to?: number;
}

export interface Chart {
  title: string;
  /** What the axis counts. */
  unit: string;
  bars: Bar[];
  /** Machine and settings. */
  note: string;
}

const WIDTH = 720;
const LEFT = 190;
const RIGHT = 110;
const TOP = 58;
const BAR = 26;
const GAP = 14;
/** Told apart also by people who see no red or green, on white and on black. */
const COLOURS = ['#3b82c4', '#d9822b', '#7a68b8', '#3f9c88', '#b0567c'];

/** One chart; a bar of several parts gets a key. */
export function barChart({ title, unit, bars, note }: Chart): string {
  const names = [...new Set(bars.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  const hasKey = names.length > 1;
  const most = Math.max(1e-9, ...bars.map((bar) => Math.max(lengthOf(bar), bar.to ?? 0)));
  const scale = (value: number) => (value / most) * (WIDTH - LEFT - RIGHT);
  const top = TOP + (hasKey ? 22 : 0);
  const height = top + bars.length * (BAR + GAP) + 34;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600;font-size:16px}.quiet{fill:#59636e;font-size:12px}.line{stroke:#1f2328;stroke-width:1.5}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.quiet{fill:#9198a1}.line{stroke:#e6edf3}}</style>`,
    `<text class="title" x="12" y="24">${escaped(title)}</text>`,
    `<text class="quiet" x="12" y="44">${escaped(unit)}</text>`,
    ...(hasKey ? names.map((name, index) => keyOf(name, index)) : []),
    ...bars.map((bar, index) => drawBar(bar, names, top + index * (BAR + GAP), scale)),
    `<text class="quiet" x="12" y="${height - 12}">${escaped(note)}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

function keyOf(name: string, index: number): string {
  const x = 12 + index * 110;
  return `<rect x="${x}" y="56" width="12" height="12" fill="${colourOf(index)}"/><text x="${x + 18}" y="67">${escaped(name)}</text>`;
}

function drawBar(bar: Bar, names: string[], y: number, scale: (value: number) => number): string {
  let x = LEFT;
  const parts = bar.parts.map(({ name, value }) => {
    const width = scale(value);
    const rectangle = `<rect x="${tenths(x)}" y="${y}" width="${tenths(width)}" height="${BAR}" fill="${colourOf(names.indexOf(name))}"/>`;
    x += width;
    return rectangle;
  });
  const { from, to } = bar;
  const middle = y + BAR / 2;
  const spread =
    from === undefined || to === undefined
      ? ''
      : `<line class="line" x1="${tenths(LEFT + scale(from))}" x2="${tenths(LEFT + scale(to))}" y1="${middle}" y2="${middle}"/>`;
  const end = Math.max(x, LEFT + scale(to ?? 0));
  const value = lengthOf(bar).toLocaleString('en-US', { maximumFractionDigits: lengthOf(bar) < 100 ? 1 : 0 });
  return [
    `<text x="${LEFT - 10}" y="${middle + 4}" text-anchor="end">${escaped(bar.label)}</text>`,
    ...parts,
    spread,
    `<text x="${tenths(end + 8)}" y="${middle + 4}">${value}</text>`,
  ].join('');
}

const lengthOf = (bar: Bar): number => bar.parts.reduce((sum, { value }) => sum + value, 0);
const colourOf = (index: number): string => COLOURS[index % COLOURS.length] ?? '#888888';
const tenths = (value: number): number => Math.round(value * 10) / 10;

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
