"""One run and its review; without a run, all reviews and what waits for whom."""

from mlreview.ui import meeting, pages, review_case, review_page, review_queue, urlstate

pages.ensure()
run_id = urlstate.get(urlstate.RunView).run
if run_id is None:
    review_queue.render()
else:
    case = review_case.load(run_id)
    if case is None:
        review_page.explain_missing(run_id)
    elif urlstate.presenting(urlstate.RunView):
        meeting.render(case)
    else:
        review_page.render(case)
