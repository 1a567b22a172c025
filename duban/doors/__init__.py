"""The doors that stand open by themselves: a drop folder and a mailbox. Whatever comes in ends in
services.receiving, and whoever sent it gets an answer."""
