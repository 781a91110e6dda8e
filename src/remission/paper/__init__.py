"""What is printed: tables as text, HTML and LaTeX; figures as SVG and PNG.

Lengths on a sheet are points from its top left corner (a sheet is 400 points wide). Text in SVG stays text;
equal content gives equal bytes. Every figure can be read without colour, says when its data are simulated,
and has a title and a description for screen readers. No word of a trial stands here.
"""
