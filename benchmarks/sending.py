"""How many messages a campaign sends in a second, end to end: `python -m benchmarks.sending [RECIPIENTS]`.

To Debian's `smtp-sink`, by one worker, with all that sending is: whether each reader may be written to, signed links
and the pixel, marks, outcomes and events in the embedded database, and what follows from the events. The floor is a
loop over aiosmtplib that sends one prebuilt message to the same sink, in the same run.
"""
