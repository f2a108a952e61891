// Inside a table Ctrl+F opens Streamlit's search over the rows that were sent; the browser's own shall open instead.
const own = (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "f" && event.target.closest?.(".stDataFrame")) {
    event.stopPropagation();
  }
};

export default function () {
  window.addEventListener("keydown", own, true);
  return () => window.removeEventListener("keydown", own, true);
}
