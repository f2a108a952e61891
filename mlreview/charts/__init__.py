"""Values in, Plotly figures out. The only home of Plotly; nothing here knows Streamlit or a store."""
