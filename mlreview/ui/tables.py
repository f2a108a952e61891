"""Tables without Streamlit's own toolbar: what it offers is less true than our own controls.

Its CSV holds the rows that were sent, formulas and all, and its search sees no others. ``st.dataframe`` has no option
to leave it out, so a component that draws nothing carries a style for the whole page. Its document is a file of ours;
nothing that users wrote gets into it.
"""

from pathlib import Path

from streamlit.components.v2 import component

_ASSETS = Path(__file__).with_name("assets")
_component = component(
    "mlreview_tables",
    css=(_ASSETS / "tables.css").read_text(encoding="utf-8"),
    js=(_ASSETS / "tables.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def hide_toolbars() -> None:
    """Take the toolbar from every table on the page. Called once in a script run, before the page."""
    _component(key="own_tables")
