/**
 * The segments of routes, and their names. First and last segments recur in many routes, so each exists once,
 * with its text: a route then costs one array and one short string.
 */
import type { AnchorCosts } from "./architectures/costs.js";
import type { Segment } from "./plan-schema.js";
import type { Junction, Route } from "./spaces/route.js";

/** A segment and its part of a route's name. */
interface Named {
  segment: Segment;
  text: string;
}

export class SegmentTable {
  /** By anchor, then by the block that is cut behind: what begins at block 0. */
  private readonly firsts: Named[][];
  /** By anchor, then by the landing block: what ends at the last block. */
  private readonly lasts: Named[][];

  constructor(private readonly anchors: readonly AnchorCosts[]) {
    this.firsts = anchors.map(() => []);
    this.lasts = anchors.map(() => []);
  }

  /** The blocks that a route runs, anchor by anchor. */
  segmentsOf(route: Route): Segment[] {
    const first = route[0] as Junction;
    const last = route[route.length - 1] as Junction;
    if (route.length === 1) return [this.first(first).segment, this.last(last).segment];
    return [this.first(first).segment, ...middles(route), this.last(last).segment];
  }

  /**
   * The blocks of each anchor, half-open, joined by `+`, like `deit-tiny:0-3+deit-small:3-12`; a whole anchor
   * has the anchor's name. Anchors' names hold no colon, so that no two routes share a name.
   */
  nameOf(route: Route): string {
    const first = this.first(route[0] as Junction).text;
    const last = this.last(route[route.length - 1] as Junction).text;
    if (route.length === 1) return first + last;
    return (
      first +
      middles(route)
        .map((segment) => `+${this.text(segment)}`)
        .join("") +
      last
    );
  }

  private first({ cut, layer }: Junction): Named {
    const list = this.firsts[layer.front] as Named[];
    const known = list[cut];
    if (known !== undefined) return known;
    const segment = { anchor: layer.front, start: 0, end: cut + 1 };
    const made = { segment, text: this.text(segment) };
    list[cut] = made;
    return made;
  }

  private last({ landing, layer }: Junction): Named {
    const list = this.lasts[layer.end] as Named[];
    const known = list[landing];
    if (known !== undefined) return known;
    const segment = { anchor: layer.end, start: landing, end: this.anchors[layer.end]?.depth ?? 0 };
    const made = { segment, text: `+${this.text(segment)}` };
    list[landing] = made;
    return made;
  }

  private text({ anchor, start, end }: Segment): string {
    return `${this.anchors[anchor]?.name}:${start}-${end}`;
  }
}

/** What a route runs between two junctions. */
function middles(route: Route): Segment[] {
  const segments: Segment[] = [];
  for (let index = 1; index < route.length; index++) {
    const { landing, layer } = route[index - 1] as Junction;
    const { cut } = route[index] as Junction;
    segments.push({ anchor: layer.end, start: landing, end: cut + 1 });
  }
  return segments;
}
