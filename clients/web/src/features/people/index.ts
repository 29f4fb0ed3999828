export { ConversationAvatar, UserAvatar } from './avatars';
export { useConversationTitle, useNames, useUser, useUserName, userNameOf } from './names';
export { PresenceText } from './presence_text';
export { PeoplePicker, type PeoplePickerProps } from './people_picker';
