"""Links to other files, relative to the temporary file in which Inkscape hands a document over."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

from lxml import etree

from clipasso_ext.document.document_mark import PATH_VARIABLE
from clipasso_ext.document.source import SCHEME
from clipasso_ext.names import HREF, XLINK_HREF

WITHIN = ("#", "?", "/")  # how links begin that mean the document, or a whole path


def write_links_whole(svg: Any, input_file: Any) -> None:
    """Name whole paths in links that Inkscape rebased to the folder of its temporary file.

    Inkscape 1.2 rebases what it reads back, 1.4 takes it as it stands: there a link below the
    temporary folder would lead nowhere, and Inkscape asks about it. Both shorten a whole path.
    """
    document = os.environ.get(PATH_VARIABLE)
    if document is None or not isinstance(input_file, str):
        return
    folder = Path(input_file).resolve().parent
    if document and Path(document).resolve().parent == folder:
        return  # it is the person's own file
    base = folder.as_uri() + "/"
    for element in svg.iter(etree.Element):
        for name in (XLINK_HREF, HREF):
            link = element.get(name)
            if not link or link.startswith(WITHIN) or SCHEME.match(link):
                continue
            # Inkscape 1.2 does not rebase the newer spelling
            if name == XLINK_HREF or (folder / unquote(link.partition("#")[0])).exists():
                element.set(name, urljoin(base, link))
