// Text whose contrast is below WCAG 2.1 AA (4.5, large text 3): element, class and ratio.
const luminance = (colour) => {
  const [r, g, b] = colour.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const opaque = (css) => {
  const parts = css.match(/[\d.]+/g).map(Number);
  return parts.length < 4 || parts[3] === 1 ? parts.slice(0, 3) : null;
};
const behind = (element) => {
  for (let one = element; one; one = one.parentElement) {
    const colour = opaque(getComputedStyle(one).backgroundColor);
    if (colour) return colour;
  }
  return [255, 255, 255];
};
const faint = new Set();
for (const element of document.querySelectorAll("body *")) {
  const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!hasText || element.closest("svg") || !element.checkVisibility()) continue;
  const style = getComputedStyle(element);
  const ink = luminance(opaque(style.color));
  const paper = luminance(behind(element));
  const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
  if (ratio < (large ? 3 : 4.5)) faint.add(`${element.tagName}.${element.className} ${ratio.toFixed(2)}`);
}
return [...faint];
