"""A unit HiFi-GAN as the papers describe it (Kong et al. 2020; Polyak et al. 2021), in PyTorch.

Only for measuring: random weights, weight norm already folded, which is the faster form.
"""

import torch
from torch import nn
from torch.nn import functional as F


class Residual(nn.Module):
    def __init__(self, width, kernel, dilations):
        super().__init__()
        self.dilated = nn.ModuleList(
            nn.Conv1d(width, width, kernel, dilation=d, padding=d * (kernel - 1) // 2)
            for d in dilations)
        self.plain = nn.ModuleList(
            nn.Conv1d(width, width, kernel, padding=(kernel - 1) // 2) for _ in dilations)

    def forward(self, x):
        for dilated, plain in zip(self.dilated, self.plain):
            x = x + plain(F.leaky_relu(dilated(F.leaky_relu(x, 0.1)), 0.1))
        return x


class Vocoder(nn.Module):
    """Units, pitch, style and speaker, one of each a frame, to samples."""

    rates = (5, 4, 4, 4, 2)
    kernels = (11, 8, 8, 8, 4)
    residual_kernels = (3, 7, 11)
    dilations = (1, 3, 5)

    def __init__(self, channels=512, embedding=128):
        super().__init__()
        self.tables = nn.ModuleList(
            nn.Embedding(count, embedding) for count in (501, 64, 100, 4))
        self.first = nn.Conv1d(4 * embedding, channels, 7, padding=3)
        self.up = nn.ModuleList()
        self.blocks = nn.ModuleList()
        for rate, kernel in zip(self.rates, self.kernels):
            self.up.append(
                nn.ConvTranspose1d(channels, channels // 2, kernel, rate, (kernel - rate) // 2))
            channels //= 2
            self.blocks.append(nn.ModuleList(
                Residual(channels, k, self.dilations) for k in self.residual_kernels))
        self.last = nn.Conv1d(channels, 1, 7, padding=3)

    def forward(self, *codes):
        x = torch.cat([table(c) for table, c in zip(self.tables, codes)], -1)
        x = self.first(x.transpose(1, 2))
        for up, blocks in zip(self.up, self.blocks):
            x = up(F.leaky_relu(x, 0.1))
            x = sum(block(x) for block in blocks) / len(blocks)
        return torch.tanh(self.last(F.leaky_relu(x)))
