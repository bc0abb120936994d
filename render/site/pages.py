"""The pages: the index of a gallery, and one page for each work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from render import __version__
from render.site.exhibit import Download, Exhibit, PagePicture, Prospect, Screening
from render.site.markup import Markup, escaped, filled, joined

SCRIPTS = ("page.js",)
VIEWING = ("three.js", "terrain.js", "scenery.js", "viewer.js")
HERE = "'self' file:"  # which of the two it is depends on where a page lies
POLICY = (
    f"default-src 'none'; script-src {HERE}; style-src {HERE} 'unsafe-inline'; img-src {HERE} data:; media-src {HERE}; "
    f"font-src {HERE}; base-uri 'none'; form-action 'none'"
)
FIRST = 4  # pictures of the index that are not loaded lazily


def index(title: str, exhibits: Sequence[Exhibit]) -> str:
    """Returns the page that shows all works."""
    count = "1 work" if len(exhibits) == 1 else f"{len(exhibits):,} works"
    works = joined(_tile(exhibit, number) for number, exhibit in enumerate(exhibits))
    body = filled("index.html", {"title": title, "count": count, "works": works, "version": __version__})
    return framed(body, title=title, description=f"{count}: {', '.join(each.title for each in exhibits)}", root="")


def _tile(exhibit: Exhibit, number: int) -> Markup:
    folder = f"works/{exhibit.name}"
    poster, small = exhibit.poster, exhibit.small
    return filled(
        "tile.html",
        {
            "link": f"{folder}/index.html",
            "poster": f"{folder}/{poster.file}",
            "small": f"{folder}/{small.file}",
            "small_width": str(small.size[0]),
            "poster_width": str(poster.size[0]),
            "poster_height": str(poster.size[1]),
            "alternative": poster.alternative,
            "lazily": Markup(' loading="lazy"' if number >= FIRST else ""),
            "title": exhibit.title,
            "brief": exhibit.brief,
        },
    )


def page(exhibit: Exhibit, gallery: str, before: Exhibit | None, after: Exhibit | None) -> str:
    """Returns the page of a work; before and after it stand others."""
    ways = [(before, "←", ""), (after, "", "→")]
    onward = joined(
        Markup(f'<a href="../{each.name}/index.html">{escaped(" ".join(filter(None, (left, each.title, right))))}</a>')
        for each, left, right in ways
        if each
    )
    body = filled(
        "work.html",
        {
            "gallery": gallery,
            "title": exhibit.title,
            "caption": exhibit.caption,
            "films": joined(_film(film, exhibit.poster) for film in exhibit.films),
            "views": joined(_view(view, exhibit.poster, number) for number, view in enumerate(exhibit.views)),
            "stills": _stills(exhibit.stills),
            "facts": joined(_facts(*group) for group in exhibit.facts),
            "scene": exhibit.source,
            "downloads": joined(map(_download, exhibit.downloads)),
            "onward": onward,
            "version": __version__,
        },
    )
    scripts = [*SCRIPTS, *(VIEWING if exhibit.views else ())]
    return framed(body, title=f"{exhibit.title} – {gallery}", description=exhibit.brief, root="../../", scripts=scripts)


def _facts(heading: str, facts: Sequence[tuple[str, str]]) -> Markup:
    above = f"<h3>{escaped(heading)}</h3>" if heading else ""
    lines = joined(Markup(f"<dt>{escaped(what)}</dt><dd>{escaped(said)}</dd>") for what, said in facts)
    return Markup(f'{above}<dl class="facts">{lines}</dl>')


def live(title: str, views: Sequence[Prospect], follows: str) -> str:
    """Returns the page of a scene that is being composed; follows is the script that says what is to be shown."""
    shown = joined(_view(view, None, number) for number, view in enumerate(views))
    body = filled("live.html", {"title": title, "views": shown, "follows": follows})
    return framed(body, title=title, description=title, root="", scripts=[*SCRIPTS, *VIEWING, "following.js"])


def framed(body: Markup, *, title: str, description: str, root: str, scripts: Sequence[str] = SCRIPTS) -> str:
    """Returns a whole page; root leads from it to the folder of the site."""
    tags = joined(Markup(f'<script defer src="{root}assets/{name}"></script>') for name in scripts)
    parts = {"title": title, "description": description, "root": root, "body": body, "scripts": tags, "policy": POLICY}
    return filled("frame.html", parts)


def _film(film: Screening, poster: PagePicture) -> Markup:
    wide, high = film.size
    ratio = f'style="--ratio: {wide / high:.6g}"'
    common = Markup(f'width="{wide}" height="{high}" {ratio}')
    alternative, source = escaped(poster.alternative), escaped(film.file)
    if film.moves:
        shown = (
            f'<video controls playsinline preload="none" poster="{escaped(poster.file)}" {common} '
            f'aria-label="{alternative}"><source src="{source}"></video>'
        )
    else:
        shown = f'<img src="{source}" {common} loading="lazy" alt="{alternative}">'
    return Markup(f"<figure>{shown}<figcaption>{escaped(film.caption)}</figcaption></figure>")


def _view(view: Prospect, poster: PagePicture | None, number: int) -> Markup:
    picture = Markup(f'<img src="{escaped(poster.file)}" alt="">') if poster and not number else Markup("")
    return filled(
        "viewer.html",
        {
            "source": view.file,
            "mark": f"view-{number + 1}",
            "heading": view.heading,
            "aspect": f"{view.aspect:.6g}",
            "poster": picture,
            "alternative": view.alternative,
        },
    )


def _stills(stills: Sequence[PagePicture]) -> Markup:
    if not stills:
        return Markup("")
    return Markup(f'<section aria-label="Stills" class="stills">{joined(_figures(stills))}</section>')


def _figures(stills: Sequence[PagePicture]) -> Iterator[Markup]:
    for still in stills:
        (wide, high), source = still.size, escaped(still.file)
        common = f'width="{wide}" height="{high}" style="--ratio: {wide / high:.6g}" loading="lazy" decoding="async"'
        picture = f'<img src="{source}" {common} alt="{escaped(still.alternative)}">'
        yield Markup(f'<figure><a href="{source}">{picture}</a></figure>')


def _download(download: Download) -> Markup:
    size = f"{download.size / 1e6:,.1f} MB" if download.size >= 1e5 else f"{max(1, round(download.size / 1e3)):,} kB"
    name = escaped(download.file)
    return Markup(f'<li><a href="{name}" download>{escaped(download.called)}</a> <small>{size}</small></li>')
