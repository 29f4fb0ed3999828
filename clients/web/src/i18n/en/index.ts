import { common, errors } from './common';
import { composer } from './composer';
import { list } from './list';
import { login } from './login';
import { members } from './members';
import { messages } from './messages';
import { offline } from './offline';
import { profile } from './profile';
import { settings } from './settings';
import { shortcuts } from './shortcuts';
import { streams } from './streams';

export const en = {
  common,
  errors,
  login,
  list,
  messages,
  composer,
  streams,
  members,
  profile,
  settings,
  shortcuts,
  offline,
};
