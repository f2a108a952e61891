"""The training side: what records a run while it trains. Needs MLflow alone, neither Streamlit nor TensorFlow."""
