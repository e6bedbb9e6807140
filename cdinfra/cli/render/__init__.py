"""Plans, events, results and errors as text or JSON: values in, lines out, nothing printed."""
