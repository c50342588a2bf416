import type { Box, CellShape, CellSize, Line } from './cell-shapes.ts';

const FIRST = 0x2500;
const LAST = 0x257f;
/** At the usual size a light line is as thick as a stroke of a letter. */
const COLUMNS_A_STROKE = 9;

/**
 * U+2500 to U+257F: what goes up, right, down and left from the middle. 0 nothing, 1 light, 2 heavy, 3 double.
 * Dashes, arcs and diagonals are told apart below.
 */
const ARMS = (
  '0101 0202 1010 2020 0101 0202 1010 2020 0101 0202 1010 2020 0110 0210 0120 0220 ' +
  '0011 0012 0021 0022 1100 1200 2100 2200 1001 1002 2001 2002 1110 1210 2110 1120 ' +
  '2120 2210 1220 2220 1011 1012 2011 1021 2021 2012 1022 2022 0111 0112 0211 0212 ' +
  '0121 0122 0221 0222 1101 1102 1201 1202 2101 2102 2201 2202 1111 1112 1211 1212 ' +
  '2111 1121 2121 2112 2211 1122 1221 2212 1222 2122 2221 2222 0101 0202 1010 2020 ' +
  '0303 3030 0310 0130 0330 0013 0031 0033 1300 3100 3300 1003 3001 3003 1310 3130 ' +
  '3330 1013 3031 3033 0313 0131 0333 1303 3101 3303 1313 3131 3333 0110 0011 1001 ' +
  '1100 0000 0000 0000 0001 1000 0100 0010 0002 2000 0200 0020 0201 1020 0102 2010'
).split(' ');

const DOUBLE = 3;
const HEAVY = 2;
/** How many dashes, by the place in the row of U+2500 and in that of U+2540. */
const dashesOf = (codePoint: number): number =>
  codePoint >= 0x2504 && codePoint <= 0x2507
    ? 3
    : codePoint >= 0x2508 && codePoint <= 0x250b
      ? 4
      : codePoint >= 0x254c && codePoint <= 0x254f
        ? 2
        : 0;

interface Measures extends CellSize {
  readonly light: number;
  readonly heavy: number;
  /** From the middle to each line of a double one. */
  readonly apart: number;
}

function measuresOf({ width, height }: CellSize): Measures {
  const light = Math.max(1, Math.round(width / COLUMNS_A_STROKE));
  return {
    width,
    height,
    light,
    heavy: light * 2 + (light === 1 ? 1 : 0),
    apart: light * 2 - (light > 1 ? 1 : 0),
  };
}

/** A cross of four arms, seen from one of them: what stands to its left, opposite and right of it. */
interface View {
  readonly own: number;
  readonly left: number;
  readonly opposite: number;
  readonly right: number;
}

/** A line along an arm: how far from the arm's middle line, and where it begins, counted from the middle outwards. */
interface Strand {
  readonly aside: number;
  readonly from: number;
  readonly thickness: number;
}

/** Where one line of a double arm begins, by what it meets on its own side and on the other one. */
function doubleFrom(near: number, far: number, apart: number): number {
  if (near !== 0) return near === DOUBLE ? apart : 0;
  return far === DOUBLE ? -apart : 0;
}

function singleFrom({ left, opposite, right }: View, apart: number): number {
  if (left === DOUBLE && right === DOUBLE) return opposite === 0 ? apart : 0;
  return left === DOUBLE || right === DOUBLE ? -apart : 0;
}

function strandsOf(view: View, { light, heavy, apart }: Measures): readonly Strand[] {
  if (view.own === 0) return [];
  if (view.own === DOUBLE)
    return [
      { aside: -apart, from: doubleFrom(view.left, view.right, apart), thickness: light },
      { aside: apart, from: doubleFrom(view.right, view.left, apart), thickness: light },
    ];
  return [{ aside: 0, from: singleFrom(view, apart), thickness: view.own === HEAVY ? heavy : light }];
}

/** The first pixel of a line of that thickness around the middle of a side. */
const startOf = (side: number, thickness: number): number => Math.floor((side - thickness) / 2);

/** A strand as a box; `isAcross` of the arms to the left and right, `isForward` of those to the right and down. */
function boxOf(strand: Strand, size: Measures, isAcross: boolean, isForward: boolean): Box {
  const along = isAcross ? size.width : size.height;
  const breadth = isAcross ? size.height : size.width;
  // Lines that meet at a corner overlap by their own thickness.
  const middle = startOf(along, size.light);
  const begin = isForward ? middle + strand.from - Math.floor((strand.thickness - size.light) / 2) : 0;
  const end = isForward
    ? along
    : middle - strand.from + size.light + Math.ceil((strand.thickness - size.light) / 2);
  const aside = startOf(breadth, strand.thickness) + strand.aside;
  return isAcross
    ? { x: begin, y: aside, width: end - begin, height: strand.thickness }
    : { x: aside, y: begin, width: strand.thickness, height: end - begin };
}

function crossBoxes(arms: string, size: Measures): readonly Box[] {
  const [up = 0, right = 0, down = 0, left = 0] = [...arms].map(Number);
  // Seen from the middle outwards, `left` of the view is the side that is less far to the right or down on the screen.
  return [
    ...strandsOf({ own: up, left, opposite: down, right }, size).map((one) => boxOf(one, size, false, false)),
    ...strandsOf({ own: right, left: up, opposite: left, right: down }, size).map((one) =>
      boxOf(one, size, true, true),
    ),
    ...strandsOf({ own: down, left, opposite: up, right }, size).map((one) => boxOf(one, size, false, true)),
    ...strandsOf({ own: left, left: up, opposite: right, right: down }, size).map((one) =>
      boxOf(one, size, true, false),
    ),
  ];
}

function dashBoxes(arms: string, dashes: number, size: Measures): readonly Box[] {
  const isAcross = arms[0] === '0';
  const isHeavy = arms.includes(String(HEAVY));
  const thickness = isHeavy ? size.heavy : size.light;
  const along = isAcross ? size.width : size.height;
  const aside = startOf(isAcross ? size.height : size.width, thickness);
  return Array.from({ length: dashes }, (_, dash) => {
    const begin = Math.round((dash * along) / dashes);
    const length = Math.max(1, Math.round(((dash + 1) * along) / dashes) - begin - Math.max(1, size.light));
    return isAcross
      ? { x: begin, y: aside, width: length, height: thickness }
      : { x: aside, y: begin, width: thickness, height: length };
  });
}

/** A round corner: from the middle of one side to the middle of another, as far out as the narrower one allows. */
function arc(codePoint: number, { width, height, light }: Measures): Line {
  const x = startOf(width, light) + light / 2;
  const y = startOf(height, light) + light / 2;
  const isRight = codePoint === 0x256d || codePoint === 0x2570;
  const isDown = codePoint === 0x256d || codePoint === 0x256e;
  const radius = Math.min(width, height) / 2;
  const turn = y + (isDown ? radius : -radius);
  const leave = x + (isRight ? radius : -radius);
  return {
    path: `M${x} ${isDown ? height : 0}L${x} ${turn}Q${x} ${y} ${leave} ${y}L${isRight ? width : 0} ${y}`,
    thickness: light,
  };
}

function diagonals(codePoint: number, { width, height, light }: Measures): readonly Line[] {
  const rising = { path: `M0 ${height}L${width} 0`, thickness: light };
  const falling = { path: `M0 0L${width} ${height}`, thickness: light };
  if (codePoint === 0x2571) return [rising];
  return codePoint === 0x2572 ? [falling] : [rising, falling];
}

/** Box drawing characters. */
export function boxShape(codePoint: number, cell: CellSize): CellShape | undefined {
  const arms = ARMS[codePoint - FIRST];
  if (arms === undefined || codePoint > LAST) return undefined;
  const size = measuresOf(cell);
  if (codePoint >= 0x256d && codePoint <= 0x2570) return { boxes: [], lines: [arc(codePoint, size)] };
  if (codePoint >= 0x2571 && codePoint <= 0x2573) return { boxes: [], lines: diagonals(codePoint, size) };
  const dashes = dashesOf(codePoint);
  return { boxes: dashes > 0 ? dashBoxes(arms, dashes, size) : crossBoxes(arms, size), lines: [] };
}
