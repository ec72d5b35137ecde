// Texts of the page in both languages, given by the page itself; English is the key.

export class Words {
  constructor(page) {
    this.all = page.words;
    this.use(page.language);
  }

  use(language) {
    if (language === "en" || language === "ko") this.language = language;
  }

  say = (text) => (this.language === "ko" ? (this.all[text] ?? text) : text);
}

// {name}, {name:.2f}, {name:+.2f}: the placeholders of the catalogue.
export function format(text, values = {}) {
  return text.replace(/\{(\w+)(?::(\+?)\.(\d)f)?\}/g, (_, name, sign, digits) => {
    const value = values[name];
    if (digits === undefined) return String(value);
    const made = Math.abs(value).toFixed(Number(digits));
    return (value < 0 && Number(made) !== 0 ? "-" : sign) + made;
  });
}
