# What went wrong.
trouble-ask-for-a-new-link = Ask for a new link
trouble-to-the-first-page = To the first page
trouble-type-the-code = Type the code
trouble-if-you-ask-somebody-about = If you ask somebody about it, name this request: { $id }
trouble-link-over = This link does not work any more
trouble-link-over-what = A link works once, for 15 minutes. This one was used already, is too old, or is not whole.
trouble-link-change-what = It was used already, is too old, or is about a change that was replaced: it does nothing now. The platform where you gave shows your pledge, and can have you sent a new one.
trouble-no-page = No such page
trouble-no-page-what = Nothing is at this address. Was it copied whole?
trouble-not-here = Not here
trouble-not-here-what = This address does not take what was sent. Go back to the page that you came from.
trouble-second-factor = Prove your second factor first
trouble-second-factor-what = Nothing was done: this asks for the code of your authenticator, typed within the last minutes.
trouble-not-allowed = Not allowed
trouble-not-allowed-what = Nothing was done: <span lang="en">{ $detail }</span>.
trouble-foreign = Not sent from here
trouble-foreign-what = This form came from another site, or your browser does not say from where it came. Nothing was done. Open the page here once more, in a current browser, and send it from there.
trouble-too-many = Too many tries
trouble-too-many-what = Nothing was done. Try again in { $seconds } seconds.
trouble-cannot = This cannot be done
trouble-cannot-what = <span lang="en">{ $detail }</span>
trouble-not-now = Not now
trouble-not-now-what = The service cannot do this at the moment. Try again in a little while.
trouble-form = The form did not arrive as it should
trouble-form-what = Nothing was done. Go back, look at what you typed, and send it again.
