// The menu behind a channel's name: what befalls a channel that a bot is in.

import { post } from '../api.js';
import { people } from '../directory.js';
import { sign } from '../dom.js';
import { confirmed } from '../elements/confirm.js';
import { menuButton } from './menu.js';
import { shown } from './toast.js';

/** A button with `label`, the channel's name; `current` tells the channel. */
export function channelMenu(current, label) {
  return menuButton('button.channel-menu', null, [label, sign('chevron')], () => items(current()));
}

function items({ id, name, is_archived: archived }) {
  const bot = [...people.values()].find((user) => user.is_bot)?.name;
  const ask = (doing, question) => async () => {
    if (!question || (await confirmed(question))) shown(() => post('channel', { channel: id, do: doing }));
  };
  if (archived) return [{ label: 'Unarchive channel', onpick: ask('unarchive') }];
  const warning = { title: `Archive #${name}`, text: 'Nobody will be able to write here, the bot included.', confirm: 'Archive channel', deny: 'Cancel', style: 'danger' };
  return [
    { label: `Add ${bot} to the channel`, onpick: ask('invite') },
    { label: `Remove ${bot} from the channel`, onpick: ask('remove') },
    { line: true },
    { label: 'Archive channel…', danger: true, onpick: ask('archive', warning) },
  ];
}
