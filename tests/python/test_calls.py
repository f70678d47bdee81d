"""Calls that no other test makes through the wire: profiles, the list of channels, what changes one."""

import grpc
import pytest

from chat import channel_service_pb2, cursor, details, ref, types_pb2, user_service_pb2


def users_of(chat, *refs):
    return chat.call(chat.users.GetUsers, user_service_pb2.GetUsersRequest(users=refs)).users


def all_channels(chat, **request):
    page = chat.call(chat.channels.ListChannels, channel_service_pb2.ListChannelsRequest(**request))
    return [channel.name for channel in page.channels], page.next_page_token


def test_get_users_answers_in_the_order_asked_and_leaves_out_who_does_not_exist(server, connect):
    ada, bob = connect(server).register("ada"), connect(server).register("bob")
    found = users_of(ada, types_pb2.UserRef(name="bob"), types_pb2.UserRef(name="nobody"),
                     types_pb2.UserRef(id=ada.user.id), types_pb2.UserRef(id=bob.user.id))
    assert [(u.username, u.id) for u in found] == [("bob", bob.user.id), ("ada", ada.user.id)]


def test_a_display_name_is_seen_by_others_and_an_absent_one_stays(server, connect):
    ada, bob = connect(server).register("ada"), connect(server).register("bob")
    for request in (user_service_pb2.UpdateProfileRequest(display_name="Ada L."),
                    user_service_pb2.UpdateProfileRequest()):
        assert ada.call(ada.users.UpdateProfile, request).user.display_name == "Ada L."
    assert users_of(bob, types_pb2.UserRef(name="ada"))[0].display_name == "Ada L."
    ada.call(ada.users.UpdateProfile, user_service_pb2.UpdateProfileRequest(display_name=""))
    assert users_of(bob, types_pb2.UserRef(name="ada"))[0].display_name == ""


def test_the_list_of_channels_has_the_public_ones_by_prefix_and_page_by_page(server, connect):
    ada, eve = connect(server).register("ada"), connect(server).register("eve")
    for name in ("deck-c", "deck-a", "deck-b", "galley"):
        ada.create(name)
    ada.create("deck-secret", private=True)
    assert all_channels(eve)[0] == ["deck-a", "deck-b", "deck-c", "galley", "lobby"]
    first, token = all_channels(eve, prefix="deck", page_size=2)
    rest, end = all_channels(eve, prefix="deck", page_size=2, page_token=token)
    assert (first, rest, end) == (["deck-a", "deck-b"], ["deck-c"], "")


def change(chat, name, **what):
    return chat.call(chat.channels.UpdateChannel, channel_service_pb2.UpdateChannelRequest(
        channel=ref(name), **what)).channel


def test_a_topic_is_an_event_that_everybody_in_the_channel_gets(server, connect):
    ada, bob = connect(server).register("ada"), connect(server).register("bob")
    ada.create("deck")
    bob.join("deck")
    stream = bob.subscribe(cursor("deck"), timeout=10)
    next(frame for frame in stream if frame.HasField("caught_up"))
    assert change(ada, "deck", topic="All hands").topic == "All hands"
    event = next(frame.event for frame in stream if frame.HasField("event"))
    stream.cancel()
    assert event.actor.username == "ada"
    assert event.channel_changed.topic == "All hands"


def test_a_channel_that_becomes_private_is_hidden_and_keeps_its_members(server, connect):
    ada, bob, eve = (connect(server).register(name) for name in ("ada", "bob", "eve"))
    ada.create("deck", topic="All hands")
    bob.join("deck")
    with pytest.raises(grpc.RpcError) as refused:
        change(bob, "deck", visibility=types_pb2.VISIBILITY_PRIVATE)
    assert details(refused.value)[0] == "ROLE_TOO_LOW"
    changed = change(ada, "deck", visibility=types_pb2.VISIBILITY_PRIVATE)
    assert changed.kind == types_pb2.CHANNEL_KIND_PRIVATE
    assert changed.topic == "All hands"
    assert "deck" not in all_channels(eve)[0]
    with pytest.raises(grpc.RpcError) as refused:
        eve.join("deck")
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND
    assert bob.send("deck", "still here").seq > 0
    change(ada, "deck", visibility=types_pb2.VISIBILITY_PUBLIC)
    assert "deck" in all_channels(eve)[0]
