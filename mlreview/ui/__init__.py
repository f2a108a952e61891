"""All that touches Streamlit: cached reads, URL state, components, the error boundary."""
