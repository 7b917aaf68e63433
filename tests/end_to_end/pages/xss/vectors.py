# ruff: noqa: E501 - a text of the corpus is one line
"""Texts by which scripts get into pages, each by another way. Every script calls `xss('name')`.

The kinds of attack follow the OWASP cheat sheet on filter evasion and what has hit Markdown renderers, sanitisers
(mutation by a second parser) and notebook viewers; the texts are written for this corpus.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable

FOREIGN = "http://xss.invalid"
"""Nothing may ever be asked of it."""


def _data(html: str) -> str:
    return "data:text/html;base64," + base64.b64encode(html.encode()).decode()


MARKDOWN = {
    "script": "<script>xss('script')</script>",
    "script-src": f"<script src='{FOREIGN}/x.js'></script>",
    "script-case": "<ScRiPt >xss('script-case')</sCrIpT >",
    "script-nested": "<scr<script>ipt>xss('script-nested')</scr</script>ipt>",
    "script-slash": "<script/x>xss('script-slash')</script>",
    "img-onerror": "<img src=x onerror=xss('img-onerror')>",
    "img-backticks": "<img src=`x`onerror=xss('img-backticks')>",
    "img-slash": "<img/src=x/onerror=xss('img-slash')>",
    "img-newline": "<img src=x\nonerror\n=\nxss('img-newline')>",
    "img-nul": "<img src=x on\x00error=xss('img-nul')>",
    "img-entities": "<img src=x onerror=&#120;&#115;&#115;('img-entities')>",
    "img-srcset": f"<img srcset='{FOREIGN}/a.png 1x' src='{FOREIGN}/b.png'>",
    "svg-onload": "<svg onload=xss('svg-onload')></svg>",
    "svg-animate": "<svg><a><animate attributeName=href values=javascript:xss('svg-animate') /><text>x</text></a></svg>",
    "svg-foreign": "<svg><foreignObject><iframe srcdoc=\"<script>xss('svg-foreign')</script>\"></iframe></foreignObject></svg>",
    "svg-style": "<svg><style><img src=x onerror=xss('svg-style')></style></svg>",
    "math-href": "<math href='javascript:xss(1)'><mi>click</mi></math>",
    "math-mglyph": "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=xss(1)&gt;'>",
    "math-annotation": "<math><annotation-xml encoding='text/html'><img src=x onerror=xss('annotation')></annotation-xml></math>",
    "body-onload": "<body onload=xss('body-onload')>",
    "iframe-js": "<iframe src=javascript:xss('iframe-js')></iframe>",
    "iframe-srcdoc": "<iframe srcdoc='<script>xss(\"srcdoc\")</script>'></iframe>",
    "object": f"<object data='{_data('<script>xss(1)</script>')}'></object>",
    "embed": "<embed src=javascript:xss('embed')>",
    "form-action": "<form action=javascript:xss('form')><button>send</button><input name=attributes></form>",
    "button-formaction": "<button formaction=javascript:xss('formaction')>x</button>",
    "input-autofocus": "<input autofocus onfocus=xss('autofocus')>",
    "input-image": f"<input type=image src={FOREIGN}/x.png onerror=xss('input-image')>",
    "details-ontoggle": "<details open ontoggle=xss('ontoggle')><summary>x</summary></details>",
    "video-source": "<video><source onerror=xss('video-source')></video>",
    "video-poster": f"<video poster='{FOREIGN}/p.png' src='{FOREIGN}/v.mp4' autoplay></video>",
    "audio-onerror": "<audio src=x onerror=xss('audio')></audio>",
    "marquee": "<marquee onstart=xss('marquee')>x</marquee>",
    "style-import": f"<style>@import '{FOREIGN}/x.css'; *{{background:url({FOREIGN}/b.png)}}</style>",
    "style-attribute": f"<p style=\"background:url('{FOREIGN}/s.png');animation:x\" onanimationstart=xss('style')>x</p>",
    "link-import": f"<link rel=stylesheet href='{FOREIGN}/x.css'>",
    "meta-refresh": "<meta http-equiv=refresh content=\"0;url=javascript:xss('meta')\">",
    "base-href": f"<base href='{FOREIGN}/'>\n\n[relative](x.md)",
    "template": "<template><img src=x onerror=xss('template')></template>",
    "noscript-mutation": "<noscript><p title=\"</noscript><img src=x onerror=xss('noscript')>\">",
    "textarea-mutation": "<textarea><p title=\"</textarea><img src=x onerror=xss('textarea')>\">",
    "title-mutation": "<title><p title=\"</title><img src=x onerror=xss('title')>\">",
    "xmp-mutation": "<xmp><p title=\"</xmp><img src=x onerror=xss('xmp')>\">",
    "select-mutation": "<select><template><style><!--</style><a rel='--></style></template></select><img src=x onerror=xss(1)>'>",
    "comment-end": "<!--><img src=x onerror=xss('comment')>-->",
    "comment-bang": "<!-- --!><img src=x onerror=xss('comment-bang')> -->",
    "cdata": "<![CDATA[<img src=x onerror=xss('cdata')>]]>",
    "processing": "<?xml-stylesheet href='javascript:xss(1)'?><img src=x onerror=xss('processing')>",
    "js-link": "[click](javascript:xss('js-link'))",
    "js-link-case": "[click](JaVaScRiPt:xss('js-link-case'))",
    "js-link-entities": "[click](&#106;avascript&colon;xss('js-link-entities'))",
    "js-link-tab": "<a href='java&Tab;script:xss(1)'>click</a> <a href='java\nscript:xss(1)'>click</a>",
    "js-link-control": "<a href='\x01javascript:xss(1)'>click</a> <a href=' javascript:xss(1)'>click</a>",
    "js-autolink": "<javascript:xss('js-autolink')>",
    "js-reference": "[click][1]\n\n[1]: javascript:xss('js-reference')",
    "vbscript-link": "[click](vbscript:xss('vbscript'))",
    "data-link": f"[click]({_data('<script>xss(1)</script>')})",
    "data-picture": f"![x]({_data('<script>xss(1)</script>')}) ![x](data:image/svg+xml,<svg/onload=xss(1)>)",
    "link-title": "[click](http://example.org \"x' onmouseover='xss(1)\" 'y\" onmouseover=\"xss(2)')",
    "picture-alt": "![x\" onerror=\"xss('alt')](x.png) ![x' onerror='xss(1)](http://example.org/x.png)",
    "foreign-picture": f"![beacon]({FOREIGN}/beacon.png) <img src='//xss.invalid/beacon.png'> [![b]({FOREIGN}/b.png)](/x)",
    "fence-language": "```\"><img/src=x/onerror=xss('fence')>\nx\n```",
    "fence-content": "```html\n</code></pre><script>xss('fence-content')</script>\n```",
    "heading-id": "# <img src=x onerror=xss('heading')> \"onmouseover=\"xss(1)",
    "footnote": "x[^<img src=x onerror=xss(1)>]\n\n[^<img src=x onerror=xss(1)>]: <script>xss('footnote')</script>",
    "table-cell": "| a |\n|---|\n| <img src=x onerror=xss('table')> |",
    "clobbering": "<form id=cookie><input id=querySelector name=body></form><a id=documentElement></a><img name=cookie>",
    "split-attribute": "<div title=\"\n\n$x\\text{ onmouseover=xss(1) }$\n\n```\" onmouseover=\"xss(1)\n```\n\n\">x</div>",
    "split-comment": "<!--\n\n$x$\n\n```html\n--><img src=x onerror=xss('split-comment')>\n```\n",
    "forged-slot": "<span class=\"slot-0000000000000000-0\"></span><span class='slot-0000000000000000-0'></span>",
    "latex-text": r"$\text{<img src=x onerror=xss('latex')>}$ $$\text{<script>xss('latex-block')</script>}$$",
    "latex-href": r"$\href{javascript:xss(1)}{x}$ $\url{javascript:xss(1)}$ $\class{x\" onmouseover=\"xss(1)}{x}$",
    "latex-style": r"$\style{background:url(http://xss.invalid/l.png)}{x}$ $\color{red\" onmouseover=\"xss(1)}{x}$",
    "latex-broken": r"$\frac{</code><img src=x onerror=xss('latex-broken')>$ $\hspace{1em\" onclick=\"xss(1)}$",
    "latex-entity": r"$&lt;img src=x onerror=xss(1)&gt; \text{&lt;script&gt;xss(2)&lt;/script&gt;}$",
    "htmx": "<a hx-get='/logout' hx-trigger=load hx-on:load=xss('htmx') data-hx-on-load=xss(1)>x</a>",
    "unquoted-attribute": "<p title=x/onmouseover=xss('unquoted')>x</p>",
    "slash-in-tag": "<a/href=javascript:xss('slash')//>click</a>",
    "ismap": "<img usemap=#m src=x><map name=m><area shape=default href=javascript:xss('area')></map>",
    "portal": f"<portal src='{FOREIGN}/'></portal><frameset onload=xss(1)><frame src=javascript:xss(1)></frameset>",
}  # fmt: skip
"""Cards and documents, by name."""

PLAIN = {
    "plain-script": "<script>xss('plain-script')</script>",
    "plain-picture": "\"><img src=x onerror=xss('plain-picture')>",
    "plain-attribute": '\' onmouseover=\'xss(1)\' x=" onmouseover="xss(2)" x="',
    "plain-address": "javascript:xss('plain-address')",
    "plain-closing": "</title></textarea></script><svg/onload=xss('plain-closing')>",
    "plain-template": "{{ ''.__class__ }} {% include '/etc/passwd' %} ${xss(1)}",
}
"""Where plain text belongs: names, cells, keys, tags, messages."""

HTML_FILE = "<!doctype html><body onload=\"xss('html-file')\"><script>xss('html-file')</script>"
SVG_FILE = (
    '<svg xmlns="http://www.w3.org/2000/svg" onload="xss(\'svg-file\')"><script>xss("svg-file")</script>'
    f'<image href="{FOREIGN}/i.png"/></svg>'
)
JS_FILE = "xss('js-file')"
XML_FILE = '<?xml version="1.0"?><x xmlns:h="http://www.w3.org/1999/xhtml"><h:script>xss("xml-file")</h:script></x>'


def notebook() -> bytes:
    """Every way of a notebook to show something, each with a script in it."""
    script = "<img src=x onerror=xss('notebook')><script>xss('notebook')</script>"
    outputs = [
        {"output_type": "display_data", "data": {"text/html": script}},
        {
            "output_type": "display_data",
            "data": {"text/html": f"<table onclick=xss(1)><tr><td>{script}</td></tr></table>"},
        },
        {"output_type": "display_data", "data": {"image/svg+xml": SVG_FILE, "text/plain": script}},
        {"output_type": "display_data", "data": {"application/javascript": "xss('notebook-js')"}},
        {"output_type": "display_data", "data": {"image/png": "x\" onerror=\"xss('notebook-png')"}},
        {"output_type": "display_data", "data": {"text/latex": r"$\text{" + script + "}$"}},
        {"output_type": "display_data", "data": {"text/markdown": script + " [x](javascript:xss(1))"}},
        {"output_type": "stream", "name": script, "text": script},
        {"output_type": "error", "ename": script, "evalue": script, "traceback": ["\x1b[31m" + script]},
    ]
    cells = [
        {"cell_type": "markdown", "source": script, "attachments": {"x.png": {"image/svg+xml": SVG_FILE}}},
        {"cell_type": "raw", "source": script, "metadata": {"format": "text/html"}},
        {"cell_type": "code", "source": script, "execution_count": script, "outputs": outputs},
        {"cell_type": "heading", "source": script, "level": script},
        {"cell_type": script, "source": script},
    ]
    kernel = {"language_info": {"name": script}, "kernelspec": {"language": script, "display_name": script}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4}).encode()


def notebook_of(texts: Iterable[str]) -> bytes:
    """One with a Markdown cell for each text."""
    return json.dumps({"cells": [{"cell_type": "markdown", "source": text} for text in texts], "nbformat": 4}).encode()
