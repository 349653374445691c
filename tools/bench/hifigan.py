"""A unit HiFi-GAN as the papers describe it (Kong et al. 2020; Polyak et al. 2021), in PyTorch.

Only for measuring: random weights; for inference weight norm is folded already, which is the faster
form, for training `with_weight_norm` adds it.
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


def with_weight_norm(module):
    """The module with weight norm on all its convolutions, as it is trained."""
    for each in list(module.modules()):
        if isinstance(each, (nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d)):
            nn.utils.parametrizations.weight_norm(each)
    return module


class Period(nn.Module):
    """Hears every p-th sample."""

    def __init__(self, period, width):
        super().__init__()
        self.period = period
        channels = [1] + [c * width // 1024 for c in (32, 128, 512, 1024, 1024)]
        self.layers = nn.ModuleList(
            nn.Conv2d(a, b, (5, 1), (3 if i < 4 else 1, 1), (2, 0))
            for i, (a, b) in enumerate(zip(channels, channels[1:])))
        self.last = nn.Conv2d(channels[-1], 1, (3, 1), padding=(1, 0))

    def forward(self, x):
        x = F.pad(x, (0, -x.shape[-1] % self.period), "reflect")
        return features(x.view(x.shape[0], 1, -1, self.period), self.layers, self.last)


class Scale(nn.Module):
    """Hears the sound at a lower rate."""

    def __init__(self, halvings, width):
        super().__init__()
        self.halvings = halvings
        channels = [1] + [c * width // 1024 for c in (128, 128, 256, 512, 1024, 1024, 1024)]
        self.layers = nn.ModuleList(
            nn.Conv1d(a, b, kernel, stride, kernel // 2, groups=groups)
            for a, b, kernel, stride, groups in zip(
                channels, channels[1:], (15, 41, 41, 41, 41, 41, 5), (1, 2, 2, 4, 4, 1, 1),
                (1, 4, 16, 16, 16, 16, 1)))
        self.last = nn.Conv1d(channels[-1], 1, 3, padding=1)

    def forward(self, x):
        for _ in range(self.halvings):
            x = F.avg_pool1d(x, 4, 2, 2)
        return features(x, self.layers, self.last)


def features(x, layers, last):
    found = []
    for layer in layers:
        x = F.leaky_relu(layer(x), 0.1)
        found.append(x)
    return found + [last(x)]


def discriminators(width):
    return nn.ModuleList([Period(p, width) for p in (2, 3, 5, 7, 11)]
                         + [Scale(n, width) for n in range(3)])
