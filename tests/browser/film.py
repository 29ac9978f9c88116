"""A short animation of what happens on a page: pictures at the moments that matter, with a pointer that is seen."""

import io
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.async_api import Locator, Page

COLOURS = 255
POINTER = """([x, y, pressed]) => {
  const pointer = document.getElementById('pointer') ?? document.body.appendChild(Object.assign(document.createElement('div'), { id: 'pointer' }));
  Object.assign(pointer.style, {
    position: 'fixed', left: `${x - 11}px`, top: `${y - 11}px`, width: '22px', height: '22px', borderRadius: '50%', zIndex: 9,
    pointerEvents: 'none', background: pressed ? 'rgb(224 60 60 / .75)' : 'rgb(224 60 60 / .35)', border: '2px solid #e03c3c',
  });
  const top = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
  if (pointer.parentElement !== top) top.append(pointer);
}"""

MIDDLE = """one => {
  one.scrollIntoView({ block: 'center' });
  const box = one.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}"""


@dataclass
class Film:
    """Frames of one page; the last one stays longest."""

    page: Page
    frames: list[tuple[Image.Image, int]] = field(default_factory=list)

    async def shows(self, ms: int) -> None:
        """What is seen now, for so long."""
        picture = await self.page.screenshot(animations="disabled", caret="hide")
        self.frames.append((Image.open(io.BytesIO(picture)).convert("RGB"), ms))

    async def clicks(self, what: Locator, ms: int = 500) -> None:
        """Points at it, presses it, and leaves the pointer away."""
        x, y = await what.evaluate(MIDDLE)
        for pressed, stays in ((False, 900), (True, ms)):
            await self.page.evaluate(POINTER, [x, y, pressed])
            await self.shows(stays)
        await self.page.evaluate("document.getElementById('pointer').remove()")
        await what.click()

    async def writes(self, field: Locator, text: str, pieces: int = 3) -> None:
        """Fills it in, a piece at a time."""
        for piece in range(1, pieces + 1):
            await field.fill(text[: len(text) * piece // pieces])
            await self.shows(350)

    @property
    def seconds(self) -> float:
        return sum(ms for _, ms in self.frames) / 1000

    def save(self, path: Path) -> None:
        """As a GIF that repeats; all frames share one palette, so that what stays costs nothing."""
        sheet = Image.new("RGB", (self.frames[0][0].width, sum(frame.height for frame, _ in self.frames)))
        for at, (frame, _) in enumerate(self.frames):
            sheet.paste(frame, (0, at * frame.height))
        palette = sheet.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=2)
        first, *others = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame, _ in self.frames]
        durations = [ms for _, ms in self.frames]
        first.save(path, save_all=True, append_images=others, duration=durations, loop=0, optimize=True)
