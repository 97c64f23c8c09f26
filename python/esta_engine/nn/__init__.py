"""Parts of a stitched network: LoRA, stitching layers, stitches' biases, least squares, the network."""
