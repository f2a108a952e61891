"""From a recorded run to a recipe, a re-run and a comparison. What was recorded is untrusted: checked, shown, asked."""
