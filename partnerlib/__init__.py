"""Do partnerships between educator-preparation programs and school districts work?

`partnerlib` loads, links and measures; the notebooks ask the questions.
Importing it does nothing else: no file is opened and no setting is changed.
"""

__version__ = "0.1.0"
