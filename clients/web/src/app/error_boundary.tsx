import { TriangleAlert } from 'lucide-react';
import { Component, type ReactNode } from 'react';
import { texts } from '@/i18n';
import { Button } from '@/ui/button';
import { EmptyState } from '@/ui/states';

/** Keeps one broken part from taking the page with it. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    const t = texts().common;
    return (
      <EmptyState
        className="h-full"
        icon={<TriangleAlert />}
        title={t.somethingBroke}
        text={t.somethingBrokeText}
        action={<Button onClick={() => window.location.reload()}>{t.reload}</Button>}
      />
    );
  }
}
