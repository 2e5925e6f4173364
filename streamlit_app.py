"""The console as Streamlit runs it: `bellwether console`, or `streamlit run streamlit_app.py`."""

from ui.console.start import draw

draw()
