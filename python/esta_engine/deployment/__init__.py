"""From trained stitches to what is kept: choosing the palette, writing it, merging and exporting."""
