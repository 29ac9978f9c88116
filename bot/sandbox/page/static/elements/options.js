// Where a select menu's options come from: its own list, the app, the people, the channels.
// Each source answers with groups [{label?, options: [{text, description?, value, pick}]}]; `pick` is what Slack sends.

import { channelName, channels, nameOf, people } from '../directory.js';
import { wordsOf } from '../text/objects.js';

/** The kind of a select without `multi_`, and what its payload calls the choice. */
export const KINDS = {
  static_select: { one: 'selected_option', many: 'selected_options', initial: 'initial_option', groups: fixed },
  external_select: { one: 'selected_option', many: 'selected_options', initial: 'initial_option', groups: asked },
  users_select: { one: 'selected_user', many: 'selected_users', initial: 'initial_user', groups: users },
  conversations_select: { one: 'selected_conversation', many: 'selected_conversations', initial: 'initial_conversation', groups: conversations },
  channels_select: { one: 'selected_channel', many: 'selected_channels', initial: 'initial_channel', groups: publicChannels },
};

/** How a choice is shown when the menu is closed. */
export function wordsOfPick(pick) {
  if (typeof pick !== 'string') return wordsOf(pick?.text);
  if (people.has(pick)) return nameOf(pick);
  return channels.has(pick) ? sign(channels.get(pick)) : pick;
}

function fixed(element, query) {
  const groups = element.option_groups ?? [{ options: element.options ?? [] }];
  return groups.map((group) => ({ label: group.label && wordsOf(group.label), options: group.options.map(fromOption).filter(matching(query)) }));
}

async function asked(element, query, at) {
  if (query.length < (element.min_query_length ?? 3)) return null;
  const answer = await at.surface.suggest(at.block, element, query);
  const groups = answer.option_groups ?? [{ options: answer.options ?? [] }];
  return groups.map((group) => ({ label: group.label && wordsOf(group.label), options: (group.options ?? []).map(fromOption) }));
}

function users(_element, query) {
  const options = [...people.values()].map((user) => ({ text: nameOf(user.id), description: `@${user.name}`, pick: user.id }));
  return [{ options: options.filter(matching(query)) }];
}

function conversations(element, query) {
  const wanted = element.filter?.include;
  const all = [...channels.values()].filter((channel) => !wanted || wanted.includes(kindOf(channel)));
  return [{ options: all.filter((channel) => !channel.is_archived).map(fromChannel).filter(matching(query)) }];
}

function publicChannels(_element, query) {
  const all = [...channels.values()].filter((channel) => kindOf(channel) === 'public' && !channel.is_archived);
  return [{ options: all.map(fromChannel).filter(matching(query)) }];
}

function kindOf(channel) {
  if (channel.is_im) return 'im';
  return channel.is_private ? 'private' : 'public';
}

function fromOption(option) {
  return { text: wordsOf(option.text), description: option.description && wordsOf(option.description), pick: option };
}

function fromChannel(channel) {
  return { text: sign(channel), pick: channel.id };
}

function sign(channel) {
  return channel.is_im ? channelName(channel) : `#${channel.name}`;
}

function matching(query) {
  const words = query.toLowerCase();
  return (option) => `${option.text} ${option.description ?? ''}`.toLowerCase().includes(words);
}
