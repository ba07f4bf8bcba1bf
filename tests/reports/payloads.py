"""Texts that try to be more than text: script, markup, templates, formulas, paths, and letters that hide or turn."""

from __future__ import annotations

SCRIPTS = (
    "<script>pwned=1</script>",
    '"><script>pwned=1</script>',
    "'><script>pwned=1</script>",
    "</title><script>pwned=1</script>",
    "</style><script>pwned=1</script>",
    "</textarea><script>pwned=1</script>",
    "<img src=x onerror=pwned=1>",
    '"><img src=x onerror=pwned=1>',
    '" onmouseover=pwned=1 x="',
    "' onfocus=pwned=1 autofocus x='",
    "<svg onload=pwned=1>",
    "<svg><script>pwned=1</script></svg>",
    "<math><mtext><script>pwned=1</script>",
    "<iframe src=javascript:pwned=1></iframe>",
    '<a href="javascript:pwned=1">x</a>',
    "javascript:pwned=1",
    "<body onload=pwned=1>",
    "<details open ontoggle=pwned=1>",
    "<video><source onerror=pwned=1></video>",
    "<object data='data:text/html,<script>pwned=1</script>'></object>",
    "<embed src='javascript:pwned=1'>",
    "<meta http-equiv=refresh content='0;url=https://example.org/'>",
    "<link rel=stylesheet href=https://example.org/x.css>",
    "<style>@import 'https://example.org/x.css';</style>",
    "<base href=https://example.org/>",
    "<form action=https://example.org/><button>x</button></form>",
    "<!--<img src='--><img src=x onerror=pwned=1>//'>",
    "<![CDATA[<script>pwned=1</script>]]>",
    "&lt;script&gt;pwned=1&lt;/script&gt;",
    "&#60;script&#62;pwned=1&#60;/script&#62;",
    "\\u003cscript\\u003epwned=1\\u003c/script\\u003e",
    "[x](javascript:pwned=1)",
    "![x](https://example.org/x.png)",
    "{{ 7 * 7 }}{% raw %}",
    "{{ ''.__class__.__mro__ }}",
    "{x.__class__}{0}%(x)s${x}",
    "mermaid\ngraph TD\nA[<img src=x onerror=pwned=1>]",
    "]]><x:script xmlns:x='http://www.w3.org/1999/xhtml'>pwned=1</x:script>",
    "<p style='background:url(https://example.org/x)'>",
    "<xmp><script>pwned=1</script></xmp>",
)
"""Forty ways to run, to fetch or to break out of where a text stands."""

FORMULAS = (
    "=cmd|' /C calc'!A0", "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", '=HYPERLINK("https://example.org")',
    "https://example.org", "mailto:x@example.org", "{=1+1}", "#REF!",
)  # fmt: skip
"""Texts that spreadsheets take for more."""

STRANGE = {
    "four thousand letters": "Very long name " * 266,
    "four thousand letters without a blank": "N" * 4000,
    "from right to left": "جامعة هاربور 60–65%",
    "turned around": "Harbor \u202e%56–06\u2066 College",
    "combining characters": "Universite\u0301 " + "a" + "\u0300\u0301\u0302\u0303" * 20,
    "a path upwards": "../../etc/passwd",
    "two dots": "..",
    "nothing between": "Harbor\x00Hill\x01\x1b\x7f\ufffe",
    "half a character": "Harbor \ud800 Hill",
    "braces": "{Harbor} {{College}} {% if %}",
    "not there": "",
    "emoji": "Harbor 🏫👩🏽‍🏫",
}
"""Names people have, and names people make up."""
