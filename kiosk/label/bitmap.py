"""A 1-bit picture at printer resolution."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image, ImageOps


@dataclass(frozen=True, slots=True)
class Bitmap:
    """Rows top down, MSB is the left dot, 1 is black, rows padded with white to whole bytes."""

    width_dots: int
    height_dots: int
    data: bytes = field(repr=False)

    @classmethod
    def from_image(cls, image: Image.Image) -> Bitmap:
        """From a Pillow picture of mode "1" in which black is 0."""
        inverted = ImageOps.invert(image.convert("L")).convert("1", dither=Image.Dither.NONE)
        return cls(image.width, image.height, inverted.tobytes())

    def to_image(self) -> Image.Image:
        """A Pillow picture of mode "1", black on white."""
        picture = Image.frombytes("1", (self.width_dots, self.height_dots), self.data)
        return ImageOps.invert(picture.convert("L")).convert("1", dither=Image.Dither.NONE)
