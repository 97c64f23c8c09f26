/** `space`: which stitches are considered (rules in docs/method.md; SN-Net 2302.06586, SN-Netv2 2307.00154). */
import { z } from "zod";
import { size } from "./fields.js";

export const SPACE_RULES = ["paired", "unpaired", "two-way", "anchors"] as const;
export const TWO_WAY_ROUTES = ["sl", "ls", "lsl", "sls"] as const;
export type TwoWayRoute = (typeof TWO_WAY_ROUTES)[number];

const common = {
  keep_costlier_than_dearest_anchor: z
    .boolean()
    .default(false)
    .describe("Keep routes that cost more than the dearest anchor they pass through."),
};
const pairs = {
  nearest: z.boolean().default(true).describe("Stitch neighbouring sizes only, instead of every pair."),
  longest_chain: size.min(2).default(2).describe("Most anchors that one route may pass through."),
};

export const spaceSchema = z.discriminatedUnion("rule", [
  z.strictObject({
    rule: z.literal("paired").describe("SN-Net's sliding window; anchors of equal depth."),
    kernel: size.default(2).describe("Blocks in a window."),
    stride: size.default(1).describe("Blocks that the window moves by."),
    ...pairs,
    ...common,
  }),
  z.strictObject({
    rule: z.literal("unpaired").describe("SN-Net's nearest interpolation; anchors of unequal depth."),
    ...pairs,
    ...common,
  }),
  z.strictObject({
    rule: z.literal("two-way").describe("SN-Netv2's routes in both directions between neighbouring sizes."),
    routes: z
      .array(z.enum(TWO_WAY_ROUTES))
      .min(1)
      .default([...TWO_WAY_ROUTES])
      .describe("Directions, s the smaller and l the larger anchor: sl begins small and ends large."),
    ...common,
  }),
  z.strictObject({ rule: z.literal("anchors").describe("Whole anchors only, nothing stitched.") }),
]);
export type SpaceConfig = z.infer<typeof spaceSchema>;
