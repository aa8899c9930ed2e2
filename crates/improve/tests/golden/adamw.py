"""Five steps of torch.optim.AdamW (PyTorch 2.15.0), for the test in src/adamw.rs.

    pip install torch
    python adamw.py
"""

import torch

own = torch.tensor([0.5, -1.0, 2.0], requires_grad=True)
adamw = torch.optim.AdamW([own], lr=0.01, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
for step in range(5):
    s = float(step)
    own.grad = torch.tensor([0.1 * s - 0.2, 1.0, -3.0 + s * s])
    adamw.step()
print(own.tolist())
