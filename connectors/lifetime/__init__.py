"""What clients are expected to order and to spend: BG/NBD and Gamma-Gamma by maximum likelihood.

Pure: frames in, frames out, no database and no clock. Sources: Fader, Hardie and Lee, "Counting
Your Customers the Easy Way" (Marketing Science 24, 2005) and "RFM and CLV" (Journal of Marketing
Research 42, 2005); Hardie, notes 004 and 021; Fader and Hardie, "The Gamma-Gamma Model of Monetary
Value" (note 025).
"""
