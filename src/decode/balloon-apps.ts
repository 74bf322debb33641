export const DIGITAL_TOUCH_BALLOON = 'com.apple.DigitalTouchBalloonProvider';
export const HANDWRITING_BALLOON = 'com.apple.Handwriting.HandwritingProvider';

/** Names for display of balloons, by message.balloon_bundle_id; of extensions, by the part behind the last colon. */
export const BALLOON_APPS: Readonly<Record<string, string>> = {
  'com.apple.messages.URLBalloonProvider': 'Link',
  [DIGITAL_TOUCH_BALLOON]: 'Digital Touch',
  [HANDWRITING_BALLOON]: 'Handwriting',
  'com.apple.PassbookUIService.PeerPaymentMessagesExtension': 'Apple Cash',
  'com.apple.ActivityMessagesApp.MessagesExtension': 'Fitness',
  'com.apple.mobileslideshow.PhotosMessagesApp': 'Photos',
  'com.apple.SafetyMonitorApp.SafetyMonitorMessages': 'Check In',
  'com.apple.findmy.FindMyMessagesApp': 'Find My',
  'com.apple.icloud.apps.messages.business.extension': 'Business',
  'com.apple.messages.Polls': 'Polls',
  'com.google.ios.youtube.MessagesExtension': 'YouTube',
};

/** The name of the app behind a balloon, or null when it is not known. */
export function balloonAppName(balloonBundleId: string): string | null {
  return BALLOON_APPS[balloonBundleId.slice(balloonBundleId.lastIndexOf(':') + 1)] ?? null;
}
