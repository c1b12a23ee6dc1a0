# Signing in, invitations and second factors.
parties-sign-in = Sign in
parties-sign-in-subject = Your sign-in link, good for { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
}
parties-sign-in-works = The link works once, for { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
}.
parties-sign-in-code = Or type this code where you asked for it, in the same browser:
parties-sign-in-not-asked = If you did not ask for it, do nothing: without this mail nobody can sign in.

parties-invitation = { $organisation } invites you
parties-invitation-subject = { $organisation } invites you as { $role }
parties-invitation-what = { $organisation } invites you to take part, with the role { $role }.
parties-invitation-how = Open the link and sign in with this address to accept. It works once, until { $until }.
parties-invitation-accept = Accept the invitation
parties-invitation-or-not = If you do not want to, do nothing: without your acceptance you have no role there.

parties-factor-news = { $title }. { $meaning }
parties-factor-was = This was { $at }.
parties-factor-enrolled = Your second factor counts from now on
parties-factor-enrolled-means = Approving payouts, bank accounts and what operators do ask for a code of your authenticator. Keep the recovery codes where you find them without it.
parties-factor-removed = Your second factor was removed
parties-factor-removed-means = Nothing asks you for a code any more, and what needs one is closed to you.
parties-factor-code-used = One of your recovery codes was used
parties-factor-code-used-means = It does not work again. When few are left, have new ones shown to you.
parties-factor-codes-renewed = You have new recovery codes
parties-factor-codes-renewed-means = Those that you had before do not work any more.
parties-factor-reset-asked = The reset of your second factor was asked for
parties-factor-reset-asked-means = Two operators have to agree, and a day passes after that. It lapses on { $until }.
parties-factor-reset-approved = An operator has agreed to the reset of your second factor
parties-factor-reset-approved-means = Another operator has to agree as well. It lapses on { $until }.
parties-factor-reset-waits = Your second factor will be removed
parties-factor-reset-waits-means = Two operators have agreed. It is removed on { $until }, and all your sessions end then.
parties-factor-reset-done = Your second factor was reset
parties-factor-reset-done-means = It is removed, and all your sessions have ended. Sign in again, and begin a new one.
parties-factor-reset-ended = The reset of your second factor is over
parties-factor-reset-ended-means = Nothing comes of it: your second factor counts as before.
parties-factor-not-asked-by-you = If it was not you who asked, object: sign in and send POST /v1/me/second-factor:object-to-reset, or prove your second factor. And change the password of your mailbox: somebody reads it.
parties-factor-not-done-by-you = If it was not you, tell whoever runs the service at once, and change the password of your mailbox: somebody reads it.

parties-reset = Reset of a second factor
parties-reset-subject = { $email } asks for the reset of a second factor
parties-reset-what = { $email } ({ $person }) has lost authenticator and recovery codes, and asks that the second factor be removed.
parties-reset-look = Look who asks, by another way than mail: whoever reads their mail can ask in their name.
parties-reset-agree = Two of you have to agree, each by
parties-reset-refuse = Any of you refuses by
parties-reset-lapses = It lapses on { $until }.
parties-tasks = What waits for you
parties-tasks-subject = { $count ->
    [one] One thing waits for you
   *[other] { $count } things wait for you
}
parties-task = { $title }
parties-task-in = { $title }, { $book }
parties-task-until = { $title }, until { $until }
parties-task-in-until = { $title }, { $book }, until { $until }
parties-tasks-more = And { $more } more.
parties-tasks-all = All that waits for you
