"""Photos to features. An embedder turns uint8 pictures into features; PyTorch and onnxruntime both do."""

__all__ = [
    "MANY",
    "MEAN",
    "STD",
    "Embedder",
    "Embedding",
    "Engine",
    "Look",
    "OnnxEmbedder",
    "TorchEmbedder",
    "embed",
    "embed_images",
    "embedder_for",
    "normalise",
    "onnx_file",
    "pictures",
]

from .choice import MANY, embedder_for, onnx_file
from .engines import MEAN, STD, Embedder, Engine, Look, OnnxEmbedder, TorchEmbedder, normalise, pictures
from .photos import Embedding, embed, embed_images
