"""The task's data: parts read lazily, split deterministically, preprocessed as the anchors expect."""
