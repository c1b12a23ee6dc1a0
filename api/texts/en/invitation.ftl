# An invitation, and what was answered.
invitation-accept-an-invitation = Accept an invitation
invitation-the-mail-says-who-invites = The mail says who invites you to which role. It works once, for the address to which it went.
invitation-accept = Accept
invitation-you-do-not-want-to = You do not want to? Declining gives you nothing, ends this link, and shows those who invite you that you said no.
invitation-decline = Decline
invitation-sign-in-first-with-the = Sign in first, with the address to which the mail went. Then open its link once more.
invitation-sign-in = Sign in
invitation-accepted = Accepted
invitation-you-have-the-role-from = You have the role { $role } from now on.
invitation-see-what-waits-for-you = See what waits for you
invitation-declined = Declined
invitation-you-have-said-no-the = You have said no: the link gives nothing any more, and those who invited you see it.
