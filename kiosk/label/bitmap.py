"""A 1-bit picture at printer resolution."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image


@dataclass(frozen=True, slots=True)
class Bitmap:
    """Rows top down, MSB is the left dot, 1 is black, rows padded with white to whole bytes."""

    width_dots: int
    height_dots: int
    data: bytes = field(repr=False)

    @classmethod
    def from_image(cls, image: Image.Image) -> Bitmap:
        """From a Pillow picture of mode "1" in which black is 0."""
        return cls(image.width, image.height, image.convert("1", dither=Image.Dither.NONE).tobytes("raw", "1;I"))

    def to_image(self) -> Image.Image:
        """A Pillow picture of mode "1", black on white."""
        return Image.frombytes("1", (self.width_dots, self.height_dots), self.data, "raw", "1;I")
