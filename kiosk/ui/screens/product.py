"""今天卖什么: what was sold last time, what this producer usually sells, then kinds with pictures or the letters of its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout
from kivy.uix.widget import Widget

from kiosk.directory.catalogue import AskedFor, Category, Group
from kiosk.domain.certificate import beijing_date
from kiosk.domain.product import Product
from kiosk.domain.quantity import Unit
from kiosk.session.events import AdviceAsked, Key, LastPromise, ProductChosen
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import horizontal, spring, vertical, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.goods import ADVICE_PICTURES, GoodsTile, KindTile, Leaves, SameAgain, picture
from kiosk.ui.widgets.keypad import ERASE, Entry
from kiosk.ui.widgets.letters import LetterPad
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text

_MOST_LETTERS = 6
View = Callable[[], None]


@draws(Page.PRODUCT)
class ProductScreen(Steady):
    """Views within one page: home, kinds, groups of a kind, goods of a group, letters. 返回 goes back through them."""

    step = 1

    def fill(self, state: Terminal) -> None:
        visit = visit_of(state)
        self._last = visit.last
        self._usual = visit.usual
        self._views: list[View] = []
        self._typed = ""
        self._go(self._home)

    def update(self, state: Terminal) -> None:
        super().update(state)
        visit = visit_of(state)
        if (visit.last, visit.usual) != (self._last, self._usual):
            # The ledger may answer after the page stands; who has gone on already is left where he is.
            self._last, self._usual = visit.last, visit.usual
            if len(self._views) == 1:
                self._home()

    def go_back(self) -> None:
        if len(self._views) > 1:
            self._views.pop()
            self._views[-1]()
        else:
            super().go_back()

    def _go(self, view: View) -> None:
        self._views.append(view)
        view()

    def _put(self, question: str, *parts: Widget) -> None:
        self.question.words.say(question)
        self.body.clear_widgets()
        for part in parts:
            self.body.add_widget(part)

    # --- home and kinds -----------------------------------------------------------------------------------------------

    def _home(self) -> None:
        """Landscape: last time above, his own left, kinds right. For elders the kinds have a view of their own."""
        theme = self.theme
        if not self._usual and self._last is None:
            self._kinds()
            return
        column = vertical(theme, spacing=theme.gap * 1.2)
        if self._last is not None:
            column.add_widget(self._same(self._last))
        if theme.board.is_portrait:
            self._home_upright(column)
        elif theme.elder:
            tiles = [*self._usual_tiles(3), self._other_tile]
            column.add_widget(self._grid(tiles, cols=len(tiles)))
        else:
            column.add_widget(self._home_across())
        self._put(self.ctx.words("say.product"), column)

    def _home_across(self) -> Widget:
        theme = self.theme
        row = horizontal(theme, spacing=theme.gap * 1.2)
        kinds = self._kinds_grid()
        if self._usual:
            few = len(self._usual) < 3
            mine = self._captioned(self._grid(self._usual_tiles(4), cols=1 if few else 2, rows=2), "product.mine")
            mine.size_hint_x = 0.3 if few else 0.58
            row.add_widget(mine)
            row.add_widget(self._captioned(kinds, "product.kinds"))
        else:
            row.add_widget(kinds)
        return row

    def _home_upright(self, column: BoxLayout) -> None:
        if self._usual:
            rows = 1 if len(self._usual) <= 3 else 2
            tiles = self._usual_tiles(6)
            column.add_widget(self._captioned(self._grid(tiles, cols=3, rows=rows), "product.mine"))
        kinds = self._captioned(self._kinds_grid(large=True), "product.kinds")
        kinds.size_hint_y = 1.25
        column.add_widget(kinds)

    def _captioned(self, part: Widget, text_id: str) -> BoxLayout:
        theme = self.theme
        words = Text(
            self.ctx.words(text_id),
            theme.note,
            bold=True,
            color=tokens.SOFT,
            size_hint_y=None,
            height=theme.note * 1.34,
            max_lines=1,
        )
        return vertical(theme, words, part, spacing=theme.mm(1.4))

    def _same(self, last: LastPromise) -> Widget:
        theme, ctx = self.theme, self.ctx
        day = beijing_date(last.issued_at)
        return SameAgain(
            theme,
            Key.SAME_AGAIN.value,
            ctx.words("product.same", product=last.product.name),
            ctx.words("product.sameNote", month=day.month, day=day.day),
            ctx.words("button.sameAgain" if last.product.units[0] is Unit.KG else "button.sameCount"),
            ctx.catalogue.picture(last.product),
            ctx.press(Key.SAME_AGAIN),
            size_hint_y=None,
            height=max(theme.confirm * 1.08, (theme.question + theme.note) * 1.34 + theme.mm(5)),
        )

    def _usual_tiles(self, most: int) -> list[Callable[[], Widget]]:
        return [partial(self._product_tile, product) for product in self._usual[:most]]

    def _other_tile(self) -> Widget:
        return GoodsTile(self.theme, "others", self.ctx.words("button.searchOther"), "🔍", lambda: self._go(self._kinds))

    def _kinds(self) -> None:
        grid = self._kinds_grid(large=True)
        if self.theme.board.is_portrait:
            self._put(self.ctx.words("say.product"), spring(), vertical(self.theme, grid, size_hint_y=2))
        else:
            self._put(self.ctx.words("say.product"), grid)

    def _kinds_grid(self, *, large: bool = False) -> Widget:
        tiles: list[Callable[[], Widget]] = [partial(self._kind_tile, kind, large) for kind in self.ctx.catalogue.categories()]
        return self._grid([*tiles, partial(self._outside_tile, large), partial(self._letters_tile, large)], cols=3)

    def _kind_tile(self, kind: Category, large: bool) -> Widget:
        return KindTile(self.theme, f"category:{kind.id}", kind.name, kind.picture, lambda: self._open(kind), large=large)

    def _outside_tile(self, large: bool) -> Widget:
        return KindTile(self.theme, "outside", self.ctx.words("product.others"), "🌾", lambda: self._go(self._outside), large=large)

    def _letters_tile(self, large: bool) -> Widget:
        return KindTile(
            self.theme,
            "letters",
            self.ctx.words("product.byLetters"),
            "",
            lambda: self._go(self._letters),
            large=large,
        )

    def _grid(self, tiles: Sequence[Callable[[], Widget]], *, cols: int, rows: int = 0) -> Widget:
        rows = rows or -(-len(tiles) // cols)
        grid = GridLayout(cols=cols, rows=rows, spacing=self.theme.gap)
        for make in tiles:
            grid.add_widget(make())
        for _ in range(cols * rows - len(tiles)):
            grid.add_widget(Widget())
        return grid

    # --- groups and goods ---------------------------------------------------------------------------------------------

    def _open(self, kind: Category) -> None:
        if len(kind.groups) > 1:
            self._go(lambda: self._groups(kind))
        else:
            self._go(lambda: self._goods(kind.name, kind.products))

    def _groups(self, kind: Category) -> None:
        tiles = [partial(self._group_tile, group) for group in kind.groups]
        self._list(self.ctx.words("product.whichKind", name=kind.name), tiles)

    def _group_tile(self, group: Group) -> Widget:
        return GoodsTile(
            self.theme,
            f"group:{group.id}",
            group.name,
            group.picture,
            lambda: self._go(lambda: self._goods(group.name, group.products)),
        )

    def _goods(self, name: str, products: Sequence[Product]) -> None:
        tiles = [partial(self._product_tile, product) for product in products]
        self._list(self.ctx.words("product.which", name=name), tiles)

    def _outside(self) -> None:
        """What no certificate is for: whoever looks for it finds it, and learns which paper is right."""
        products = [product for product in self.ctx.catalogue.all() if not product.in_scope]
        tiles = [partial(self._product_tile, product, noted=False) for product in products]
        things = [partial(self._asked_tile, thing, noted=False) for thing in self.ctx.catalogue.asked_for()]
        self._list(self.ctx.words("product.outside"), [*tiles, *things])

    def _list(self, question: str, tiles: Sequence[Callable[[], Widget]]) -> None:
        cols, rows = self._leaf(len(tiles))
        leaves = Leaves(self.theme, tiles, cols, rows, self._turning_words())
        if self.theme.board.is_portrait and len(tiles) < cols * rows:
            filled = -(-len(tiles) // cols)
            leaves = Leaves(self.theme, tiles, cols, max(2, filled), self._turning_words(), size_hint_y=max(2, filled) / rows)
            self._put(question, spring(1 - leaves.size_hint_y), leaves)
        else:
            self._put(question, leaves)

    def _leaf(self, count: int) -> tuple[int, int]:
        """Columns and rows of a leaf for so many tiles."""
        if self.theme.board.is_portrait:
            return 3, 5
        if self.theme.elder:
            return (3 if count <= 6 else 4), 2
        return (4 if count <= 8 else 5), 2

    def _turning_words(self) -> tuple[str, str]:
        return self.ctx.words("button.previous"), self.ctx.words("button.more")

    def _product_tile(self, product: Product, *, noted: bool = True) -> Widget:
        note = "" if product.in_scope or not noted else self.ctx.words("product.outOfScope")
        return GoodsTile(
            self.theme,
            f"product:{product.id}",
            product.name,
            self.ctx.catalogue.picture(product),
            lambda: self.ctx.send(ProductChosen(product)),
            note=note,
        )

    def _asked_tile(self, thing: AskedFor, *, noted: bool = True) -> Widget:
        return GoodsTile(
            self.theme,
            f"asked:{thing.name}",
            thing.name,
            ADVICE_PICTURES.get(thing.advice, ""),
            lambda: self.ctx.send(AdviceAsked(thing.name, thing.advice)),
            note=self.ctx.words("product.outOfScope") if noted else "",
        )

    # --- letters ------------------------------------------------------------------------------------------------------

    def _letters(self) -> None:
        theme = self.theme
        self._typed = ""
        self._found = BoxLayout()
        self._entry = Entry(
            theme,
            placeholder=self.ctx.words("product.initials"),
            padding=(theme.pad, 0),
            size_hint_y=None,
            height=theme.touch if theme.elder and not theme.board.is_portrait else theme.action,
        )
        self._pad = LetterPad(theme, self._letter)
        if theme.board.is_portrait:
            pad = vertical(theme, self._entry, self._pad, size_hint_y=0.72)
        else:
            wide = 7 * theme.mm(tokens.ACTION_MM - 2.4) + 6 * (theme.gap if theme.elder else theme.mm(2.8))
            pad = vertical(theme, self._entry, self._pad, size_hint_x=None, width=wide * theme.board.type_scale)
        self._put(self.ctx.words("product.letters"), self._found, pad)
        self._search()

    def _letter(self, key: str) -> None:
        if key == ERASE:
            self._typed = self._typed[:-1]
        elif len(self._typed) < _MOST_LETTERS:
            self._typed += key
        self._search()

    def _search(self) -> None:
        catalogue = self.ctx.catalogue
        self._entry.show(" ".join(self._typed))
        possible = catalogue.next_letters(self._typed) if len(self._typed) < _MOST_LETTERS else frozenset()
        self._pad.allow(possible, erase=bool(self._typed))
        self._found.clear_widgets()
        if not self._typed:
            self._found.add_widget(self._hint())
            return
        tiles: list[Callable[[], Widget]] = [partial(self._product_tile, product) for product in catalogue.search(self._typed)]
        tiles += [partial(self._asked_tile, thing) for thing in catalogue.asked_for(self._typed)]
        cols, rows = (3, 3) if self.theme.board.is_portrait else (2, 2) if self.theme.elder else (3, 2)
        self._found.add_widget(
            Leaves(self.theme, tiles, cols, rows, None if not self.theme.board.is_portrait else self._turning_words())
        )

    def _hint(self) -> Widget:
        """Worked examples, of what he sells himself where that is known."""
        theme = self.theme
        column = vertical(theme, spring())
        for product in (*self._usual, *self.ctx.catalogue.all())[:3]:
            column.add_widget(self._example(product))
        column.add_widget(spring())
        return column

    def _example(self, product: Product) -> Widget:
        theme = self.theme
        side = theme.mm(15) * theme.board.type_scale**0.5
        row = Card(theme, raised=False, line=tokens.LINE, orientation="horizontal", size_hint_y=None, height=side + theme.mm(3))
        row.padding = (theme.pad, theme.mm(1.5))
        row.add_widget(picture(self.ctx.catalogue.picture(product), side, size_hint_x=None, width=side))
        row.add_widget(Text(product.name, theme.body, bold=True, max_lines=1, min_px=theme.note))
        letters = " ".join(product.initials.upper())
        row.add_widget(Text(letters, theme.question, bold=True, color=tokens.GREEN, align="right", max_lines=1, min_px=theme.note))
        return row
