"""Trial records: read from a registry page, API v2 JSON or legacy XML; written as page and API v2 JSON.

- *record*: `record.RegistryRecord`, one trial as a registry describes it.
- *absent*: not stated by this source (`words.ABSENT`); *empty*: stated, with nothing in it ("" or ()).
- *kept*: a part of the source that is not typed, held as it was; *unknown*: a part nobody describes.
- *page*: the plain-text registry page of which the shipped `studies/nct06607419/record.txt` is one.
- *leaf*: one displayed item of the page. *Markup*: text with backslash escapes; `plain` is what is read.

Ages are as the registry writes them ("1 Month"); dates are calendar dates, to the day, month or year.
"""
