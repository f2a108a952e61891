"""The record of a review that outlives the server: one HTML file, and a model card. Plain values in, text out."""
