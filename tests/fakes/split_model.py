"""A model file as publishers of large models split it: several files, each with its own tensors."""

from __future__ import annotations

from pathlib import Path

import gguf

_OURS = ("GGUF.", "general.architecture")  # what the writer writes itself


def split(model: Path, folder: Path, *, stem: str = "big", parts: int = 2) -> tuple[Path, ...]:
    """Write `model` again in several files; the first has the metadata and the vocabulary."""
    reader = gguf.GGUFReader(model)
    architecture = str(reader.fields["general.architecture"].contents())
    most = -(-len(reader.tensors) // parts)
    writer = gguf.GGUFWriter(folder / f"{stem}.gguf", architecture, split_max_tensors=most)
    for name, field in reader.fields.items():
        if not name.startswith(_OURS):
            items = field.types[-1] if field.types[0] is gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(name, field.contents(), field.types[0], items)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_shape=tensor.data.shape, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tuple(sorted(folder.glob(f"{stem}-*-of-*.gguf")))
