"""Adapting a plan's stitches to a task: methods, scores, sampling, initialisation, the trainer.

network = make_network(plan, load_anchors(plan))
trainer = Trainer(plan, network, data, device)
trainer.initialise()
while not trainer.done:
    record = trainer.run_step()
"""
