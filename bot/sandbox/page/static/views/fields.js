// What Slack's client checks before it sends a modal: required fields, lengths, numbers.

/** {block_id: sentence} for the fields of `view` that are not filled in as they must be. */
export function missingFields(view, values) {
  const problems = {};
  for (const block of view.blocks ?? []) {
    if (block.type !== 'input') continue;
    const value = values[block.block_id]?.[block.element.action_id];
    const problem = isEmpty(value) ? (block.optional ? null : 'Please complete this required field.') : wrong(block.element, value.value);
    if (problem) problems[block.block_id] = problem;
  }
  return problems;
}

function isEmpty(value) {
  if (!value) return true;
  const { type: _type, ...rest } = value;
  return Object.values(rest).every((one) => one === null || one === undefined || one === '' || (Array.isArray(one) && !one.length));
}

function wrong(element, text) {
  if (typeof text !== 'string') return null;
  if (element.min_length && text.length < element.min_length) return `Please write at least ${element.min_length} characters.`;
  if (element.type === 'number_input') return wrongNumber(element, text);
  if (element.type === 'email_text_input' && !/^\S+@\S+\.\S+$/.test(text)) return 'Please enter a valid email address.';
  if (element.type === 'url_text_input' && !URL.canParse(text)) return 'Please enter a valid URL.';
  return null;
}

function wrongNumber(element, text) {
  const pattern = element.is_decimal_allowed ? /^-?\d+(\.\d+)?$/ : /^-?\d+$/;
  if (!pattern.test(text.trim())) return element.is_decimal_allowed ? 'Please enter a number.' : 'Please enter a whole number.';
  const number = Number(text);
  if (element.min_value !== undefined && number < Number(element.min_value)) return `Please enter a number of ${element.min_value} or more.`;
  if (element.max_value !== undefined && number > Number(element.max_value)) return `Please enter a number of ${element.max_value} or less.`;
  return null;
}
